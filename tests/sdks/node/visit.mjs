// What a visit is to every script here: {host, key, calls: [{call, ...fields of the tracking specification}]} on stdin.
import { readFileSync } from 'node:fs'

const DATES = ['timestamp', 'originalTimestamp']

export function readVisit() {
  const { host, key, calls, options = {} } = JSON.parse(readFileSync(0, 'utf8'))
  for (const fields of calls)
    for (const name of DATES) if (fields[name]) fields[name] = new Date(fields[name])
  return { host, key, calls, options }
}

export function tell(errors) {
  process.stdout.write(JSON.stringify({ errors: errors.map(String) }))
}
