/** What the help of the commands of the HTTP service says after their options. */
export const HELP_SERVICE = {
  serve: `
Answers at /v1/ and /api/, describes itself at /docs and /openapi.json. Every request needs a token (\`billhouse token\`)
but those to /healthz, /readyz, /openapi.json and /docs. A server's schema is brought up to date by \`billhouse
migrate\`; until then /readyz says what is missing. Ctrl-C takes no further requests and lets those under way end; once
more ends at once. Events go to stderr, one JSON line each, with the request's id.

Environment:
  BILLHOUSE_API_HOST            the address to listen on (default: 127.0.0.1)
  BILLHOUSE_API_PORT            and the port (default: 8080)
  BILLHOUSE_API_CORS_ORIGINS    web origins whose pages may call, with commas between them (default: none)
  BILLHOUSE_API_RATE_LIMIT      requests that one token may send in a minute (default: any number)
  BILLHOUSE_API_QUERIES         queries at once (default: 8); so many requests may wait for their turn, the others get
  BILLHOUSE_API_QUEUE           503 with Retry-After (default: 256)
  BILLHOUSE_API_QUERY_SECONDS   how long a query may take (default: 30), and one whose answer is streamed,
  BILLHOUSE_API_STREAM_SECONDS  such as CSV (default: 3600); then it is killed
  BILLHOUSE_API_CACHE_MIB       memory for answers that are asked for again (default: 32)
  BILLHOUSE_API_DRAIN_SECONDS   how long requests under way may take after Ctrl-C (default: 20)
  API_AUTH_DISABLED             true: no token is asked for

Examples:
  $ billhouse serve
  $ billhouse serve --host 0.0.0.0 --port 80
  $ curl --header "Authorization: Token $KEY" 'http://127.0.0.1:8080/v1/costs?window=lastmonth&groupBy=meter_category'`,
  start: `
Everything for a single machine: the embedded warehouse as \`billhouse warehouse\` runs it, unless CLICKHOUSE_URL names
a server; the API as \`billhouse serve\` runs it; and with TEMPORAL_ADDRESS a worker. When one of them ends, the others
are stopped. \`npm start\` is the same.

Examples:
  $ billhouse start
  $ API_AUTH_DISABLED=true billhouse start --port 8090 --warehouse-port 8124`,
  token: `
Examples:
  $ billhouse token create --name dashboard --scope read --expires 90d
  $ billhouse token list
  $ billhouse token revoke dashboard`,
  tokenCreate: `
The key is printed once, alone on stdout; what is kept of it is a digest. read may ask, write may change customers'
names, sources and publications and start imports as well, admin may do everything.

Examples:
  $ billhouse token create --name dashboard --scope read --expires 90d
  $ KEY=$(billhouse token create --name pipeline --scope write)`,
  tokenList: `
Examples:
  $ billhouse token list
  $ billhouse token list --json | jq -r '.tokens[] | select(.state == "active") | .name'`,
  tokenRevoke: `
Examples:
  $ billhouse token revoke dashboard`,
} as const;
