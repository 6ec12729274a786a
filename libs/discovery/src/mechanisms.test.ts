/** Every mechanism against a fake of the API it asks: `testdata/<case>/` has the configuration, answers and targets. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '@prom/testkit'
import { fillIn, flatten, forget, readCase, startFakeApi } from './testing/fake-api.ts'
import { runMechanism } from './testing/run-mechanism.ts'

const testdata = join(__dirname, 'testdata')
const cases = readdirSync(testdata)
const tls = selfSigned(['localhost', '127.0.0.1'])
let dir: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'mechanisms-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test.each(cases)('%s finds the targets and all their labels', async (name) => {
  const { config, answers } = readCase(testdata, name)
  const api = await startFakeApi(answers, tls)
  const running = runMechanism(name, fillIn(config, api, dir), {
    HTTPS_PROXY: `http://127.0.0.1:${api.port}`,
    GOOGLE_APPLICATION_CREDENTIALS: serviceAccount(),
  })
  try {
    const groups = await running.next()
    const expected: unknown = JSON.parse(readFileSync(join(testdata, name, 'targets.json'), 'utf8'))
    const found: unknown = JSON.parse(forget(JSON.stringify(flatten(groups)), api))
    expect(found).toEqual(expected)
    expect(running.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  } finally {
    await running.stop()
    await api.close()
  }
})

function serviceAccount(): string {
  const path = join(dir, 'account.json')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const account = {
    type: 'service_account',
    client_email: 'a@example.com',
    token_uri: 'https://oauth2.example.com/token',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
  writeFileSync(path, JSON.stringify(account))
  return path
}
