import { runPromtool } from '../testing/run-promtool.ts'

test('a folder without blocks lists none and cannot be analyzed', async () => {
  expect(await runPromtool(['tsdb', 'list', '.'])).toEqual({
    exitCode: 0,
    stdout:
      'BLOCK ULID   MIN TIME     MAX TIME     DURATION     NUM SAMPLES  NUM CHUNKS   NUM SERIES   SIZE\n',
    stderr: '',
  })
  expect(await runPromtool(['tsdb', 'analyze', '.'])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'no blocks found\n',
  })
})

test('a folder that is not there is named', async () => {
  const failed = {
    exitCode: 1,
    stdout: '',
    stderr: 'opening the db dir: stat missing: no such file or directory\n',
  }
  expect(await runPromtool(['tsdb', 'list', 'missing'])).toEqual(failed)
})

test('a damaged block is an error, not a crash', async () => {
  const folder = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
  const files = { [`${folder}/meta.json`]: '{', [`${folder}/index`]: 'x' }
  expect(await runPromtool(['tsdb', 'list', '.'], files)).toMatchObject({ exitCode: 1, stdout: '' })
})
