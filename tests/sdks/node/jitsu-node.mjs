// @jitsu/js in Node: make the calls of the visit one after the other.
import { jitsuAnalytics } from '@jitsu/js'
import { readVisit, tell } from './visit.mjs'

const { host, key, calls } = readVisit()
const errors = []
const jitsu = jitsuAnalytics({ host, writeKey: key, fetchTimeoutMs: 30_000 })
const ways = {
  identify: ({ userId, traits }) => jitsu.identify(userId, traits),
  track: ({ event, properties }) => jitsu.track(event, properties),
  page: ({ name, properties }) => jitsu.page({ name, ...properties }),
  group: ({ groupId, traits }) => jitsu.group(groupId, traits),
}
for (const { call, ...fields } of calls) await ways[call](fields).catch((error) => errors.push(error))
tell(errors)
