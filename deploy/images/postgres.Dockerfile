# PostgreSQL where no registry can be reached; elsewhere the official image is used. Understands the same three variables.
ARG BASE=wopr-postgres-base:local
FROM ${BASE}
COPY deploy/images/postgres-entry.sh /usr/local/bin/postgres-entry
USER postgres
ENV PGDATA=/var/lib/postgresql/data
EXPOSE 5432
ENTRYPOINT ["/bin/bash", "/usr/local/bin/postgres-entry"]
