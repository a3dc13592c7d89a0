import { createLogger } from '@portico/service-kit/logger'

export const log = createLogger({ service: 'events', level: 'silent' })
