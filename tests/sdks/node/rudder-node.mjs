// @rudderstack/rudder-sdk-node: make the calls of the visit, flush, tell the errors.
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { readVisit, tell } from './visit.mjs'

const { host, key, calls, options } = readVisit()
const errors = []
const remember = (error) => errors.push(error.message)
const analytics = new RudderAnalytics(key, { dataPlaneUrl: host, logLevel: 'none', errorHandler: remember, ...options })
// The SDK sends its first call at once and alone; each call's callback says that its answer has come.
const answered = calls.map(({ call, ...fields }) => new Promise((done) => analytics[call](fields, done)))
await new Promise((done) => analytics.flush(done))
await Promise.all(answered)
tell(errors)
