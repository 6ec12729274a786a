import { collectors } from '@prom/collectors'
import { readCommandLine } from '@prom/flags'
import { collectorValues, enabledCollectors, program } from './flags.ts'

function enabled(...argv: string[]): string[] {
  const out = { write: () => {} }
  const line = readCommandLine(program, argv, { stdout: out, stderr: out, version: '' })
  if ('exitCode' in line) throw new Error(`exit ${line.exitCode}`)
  const values = collectorValues(line.flags as Record<string, unknown>, argv)
  const isEnabled = enabledCollectors(values, line.flags.disableDefaults)
  return collectors.filter(isEnabled).map(({ name }) => name)
}

test('defaults are on, flags change them', () => {
  expect(enabled()).toContain('cpu')
  expect(enabled()).not.toContain('slabinfo')
  expect(enabled('--no-collector.cpu', '--collector.slabinfo')).toContain('slabinfo')
  expect(enabled('--no-collector.cpu')).not.toContain('cpu')
})

test('without defaults only what is named stays', () => {
  expect(enabled('--collector.disable-defaults', '--collector.cpu', '--no-collector.stat')).toEqual(
    ['cpu'],
  )
  expect(enabled('--collector.disable-defaults')).toEqual([])
})

test('a repeatable flag keeps all its values', () => {
  const argv = ['--collector.textfile.directory=/a', '--collector.textfile.directory', '/b']
  const out = { write: () => {} }
  const line = readCommandLine(program, argv, { stdout: out, stderr: out, version: '' })
  if ('exitCode' in line) throw new Error('exit')
  const values = collectorValues(line.flags as Record<string, unknown>, argv)
  expect(values.strings('collector.textfile.directory')).toEqual(['/a', '/b'])
  expect(values.isGiven('collector.textfile.directory')).toBe(true)
  expect(values.isGiven('collector.vmstat.fields')).toBe(false)
})

test('an unknown collector is an unknown flag', () => {
  let text = ''
  const line = readCommandLine(program, ['--collector.nope'], {
    stdout: { write: () => {} },
    stderr: { write: (part) => void (text += part) },
    version: '',
  })
  expect(line).toEqual({ exitCode: 1 })
  expect(text).toBe("node_exporter: error: unknown long flag '--collector.nope', try --help\n")
})
