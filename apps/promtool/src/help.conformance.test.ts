/** Every help page is the original's. */
import { execFileSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runPromtool } from './testing/run-promtool.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')

const PAGES = `
check
check service-discovery
check config
check web-config
check healthy
check ready
check rules
check metrics
query
query instant
query range
query series
query labels
query analyze
debug
debug pprof
debug metrics
debug all
push
push metrics
test
test rules
tsdb
tsdb bench
tsdb bench write
tsdb analyze
tsdb list
tsdb dump
tsdb dump-openmetrics
tsdb create-blocks-from
tsdb create-blocks-from openmetrics
tsdb create-blocks-from rules
promql
promql format
promql label-matchers
promql label-matchers set
promql label-matchers delete`.split('\n')

test.each(PAGES)('help of %j', async (page) => {
  const argv = [...page.split(' ').filter((word) => word !== ''), '--help']
  const stdout = execFileSync(join(bin, 'promtool'), argv, { encoding: 'utf8', timeout: 30_000 })
  expect((await runPromtool(argv)).stdout).toBe(stdout)
})
