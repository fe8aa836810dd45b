// @segment/analytics-node: make the calls of the visit, flush, tell the errors.
import { Analytics } from '@segment/analytics-node'
import { readVisit, tell } from './visit.mjs'

const { host, key, calls, options } = readVisit()
const errors = []
const analytics = new Analytics({ writeKey: key, host, ...options })
analytics.on('error', (error) => errors.push(error.reason?.message ?? error.message ?? error.code))
for (const { call, ...fields } of calls) analytics[call](fields)
await analytics.closeAndFlush({ timeout: 30_000 })
tell(errors)
