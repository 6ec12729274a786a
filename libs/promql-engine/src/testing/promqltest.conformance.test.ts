import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runScript, SCRIPT_OPTIONS } from './run-script.ts'

const root = join(__dirname, '..', '..', '..', '..')
const folder = join(process.env.SHARED_DIR ?? join(root, '..', 'shared'), 'promqltest')

const files = readdirSync(folder).filter((name) => name.endsWith('.test'))

test('there are cases', () => expect(files.length).toBeGreaterThan(15))

describe.each(files)('%s', (name) => {
  test('every case gives what upstream gives', () => {
    const options = {
      ...SCRIPT_OPTIONS,
      features: {
        ...SCRIPT_OPTIONS.features,
        typeAndUnitLabels: name === 'type_and_unit.test',
        useStartTimestamps: name === 'start_timestamps.test',
      },
    }
    const { evals, failures } = runScript(readFileSync(join(folder, name), 'utf8'), options)
    expect(failures.map(({ line, query, reason }) => `${line}: ${query}\n    ${reason}`)).toEqual(
      [],
    )
    expect(evals).toBeGreaterThan(0)
  })
})
