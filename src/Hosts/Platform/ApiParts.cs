using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Wopr.Kernel;

namespace Wopr.Platform;

/// <summary>The parts the document's routes share: credentials, the shape of a refusal, and tRPC's one door.</summary>
internal static class ApiParts
{
    private const string Cookie = "session";
    private const string Bearer = "token";
    private const string Problem = "Problem";
    private const string AuthProblem = "AuthProblem";

    public static Task CompleteAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken ct)
    {
        document.Info = new()
        {
            Title = "WOPR Platform",
            Version = ApiDocument.Version,
            Description = "A session cookie or a bearer token works on every route that needs one.",
        };
        document.Servers = [];
        var components = document.Components ??= new();
        components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Cookie] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = "better-auth.session_token",
                Description = "The name begins with __Secure- when the API is reached by https.",
            },
            [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
        };
        components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        components.Schemas[Problem] = Object(["status", "title", "detail", "code", "error", "requestId"]);
        components.Schemas[AuthProblem] = Object(["code", "message", "error"]);
        document.Paths["/trpc/{procedure}"] = Trpc(document, context.ApplicationServices.GetRequiredService<TrpcProcedures>());
        return Task.CompletedTask;
    }

    public static OpenApiResponse Refusal(OpenApiDocument document, string description, bool isAuth)
    {
        var content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference(Problem, document) },
        };
        if (isAuth) { content["application/json"] = new() { Schema = new OpenApiSchemaReference(AuthProblem, document) }; }
        return new() { Description = description, Content = content };
    }

    public static IList<OpenApiSecurityRequirement> Credentials(OpenApiDocument document) =>
    [
        new() { [new OpenApiSecuritySchemeReference(Cookie, document)] = [] },
        new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
    ];

    private static OpenApiPathItem Trpc(OpenApiDocument document, TrpcProcedures procedures)
    {
        var names = procedures.All.OrderBy(procedure => procedure.Path, StringComparer.Ordinal)
            .ToLookup(procedure => procedure.IsMutation, procedure => procedure.Path);
        var path = new OpenApiPathItem();
        path.AddOperation(HttpMethod.Get,
            Call(document, "trpcQuery", "Ask a tRPC query; its input is JSON in the query string.", names[false]));
        path.AddOperation(HttpMethod.Post,
            Call(document, "trpcMutate", "Call a tRPC mutation; its input is the body.", names[true]));
        return path;
    }

    private static OpenApiOperation Call(OpenApiDocument document, string id, string summary, IEnumerable<string> procedures)
    {
        var operation = new OpenApiOperation
        {
            OperationId = id,
            Summary = summary,
            Description = "tRPC 11: several names joined by commas with batch=1 are answered in order, with 207 when the "
                + "outcomes differ. Each procedure demands its own access.",
            Tags = new HashSet<OpenApiTagReference> { new("tRPC", document) },
            Parameters =
            [
                new OpenApiParameter
                {
                    Name = "procedure",
                    In = ParameterLocation.Path,
                    Required = true,
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Enum = [.. procedures.Select(procedure => (JsonNode)JsonValue.Create(procedure)!)],
                    },
                },
                Query("input", "The input, or with batch=1 an object of inputs by position."),
                Query("batch", "1 for a batch."),
            ],
            Responses = new() { ["200"] = new OpenApiResponse { Description = "The outcome, under result.data." } },
        };
        operation.Responses["default"] = new OpenApiResponse
        {
            Description = "A refusal, under error; its code is error.data.problem.",
        };
        return operation;
    }

    private static OpenApiParameter Query(string name, string description) => new()
    {
        Name = name,
        In = ParameterLocation.Query,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static OpenApiSchema Object(string[] names) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = names.ToDictionary(name => name, name => (IOpenApiSchema)new OpenApiSchema
        {
            Type = name == "status" ? JsonSchemaType.Integer : JsonSchemaType.String,
        }),
        Required = new HashSet<string>(names),
    };
}
