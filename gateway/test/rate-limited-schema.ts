/** What a subgraph's SDL needs to use `@rateLimit`. */
export const RATE_LIMIT = `
  extend schema
    @link(url: "https://portico.dev/rateLimit/v1.0", import: ["@rateLimit"])
    @composeDirective(name: "@rateLimit")
  directive @rateLimit(
    limit: Int! = 60
    duration: Int! = 60
    scope: RateLimitScope! = VIEWER
  ) on OBJECT | FIELD_DEFINITION
  enum RateLimitScope { VIEWER ADDRESS }
`

/** The `@link` of federation with the directives that tests of limits use. */
export const FEDERATION = `
  extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.9"
    import: ["@key", "@shareable", "@interfaceObject", "@composeDirective", "@listSize", "@inaccessible"]
  )
`
