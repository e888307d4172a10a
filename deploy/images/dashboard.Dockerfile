# The web pages. deploy/images/build.sh publishes the program and builds this from the result.
# Without a registry: make-base.sh, then --build-arg BASE=wopr-base:local.
ARG BASE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
FROM ${BASE}
WORKDIR /app
COPY artifacts/publish/Dashboard/release/ /app/
USER 1654:1654
ENV DASHBOARD_PORT=3000 PLATFORM_URL=http://platform-api:3100 DOTNET_EnableDiagnostics=0
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 CMD ["dotnet", "/app/Wopr.Dashboard.dll", "health"]
ENTRYPOINT ["dotnet", "/app/Wopr.Dashboard.dll"]
