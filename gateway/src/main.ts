// As in cli/main.ts.
process.on('SIGHUP', () => undefined)
const { runGateway } = await import('./cli/run.ts')

// The service of the graph: told everything by its environment.
await runGateway({ args: [], env: process.env })
