# syntax=docker/dockerfile:1
# The command line in a container, with `worker` what works for Temporal, and with `serve` the API on port 8080:
#   docker run --rm --init -v billhouse:/data billhouse --help
# Debian, not Alpine: the embedded warehouse (chdb, 566 MB of this image) is linked against glibc.

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev

FROM node:24.21.0-bookworm-slim AS program
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY bin bin
COPY activities activities
COPY clickhouse clickhouse
COPY workflows workflows
COPY src src
RUN node bin/build.js

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Billhouse" \
      org.opencontainers.image.description="Azure billing data in ClickHouse, exact to the last digit" \
      org.opencontainers.image.licenses="MIT"
# Node brings its own list of authorities; Temporal's client (TLS, Temporal Cloud) asks the system for one.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production \
    BILLHOUSE_DATA_DIR=/data \
    BILLHOUSE_API_HOST=0.0.0.0
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY bin bin
COPY --from=program /app/dist dist
RUN ln -s /app/bin/billhouse.js /usr/local/bin/billhouse && install --directory --owner=node --group=node /data
USER node
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["billhouse"]
CMD ["--help"]
