// Exits with 0 when the service in this container lives, or with the argument "ready", when it can also serve.
const { PORT, HEALTH_LIVE_PATH = '/health/live', HEALTH_READY_PATH = '/health/ready' } = process.env
const path = process.argv[2] === 'ready' ? HEALTH_READY_PATH : HEALTH_LIVE_PATH
const healthy = await fetch(`http://127.0.0.1:${PORT}${path}`).then(
  ({ ok }) => ok,
  () => false,
)
process.exit(healthy ? 0 : 1)
