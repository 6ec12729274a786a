/** The nginx examples in deploy/nginx, with the real nginx in front of our daemons. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import bcrypt from 'bcryptjs'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, start, stopAll } from '../harness/processes.ts'
import { ours, programPath, repoRoot } from '../harness/programs.ts'
import { startServer } from '../harness/server.ts'
import { waitFor } from '../harness/wait.ts'

afterEach(stopAll)
afterAll(removeFolders)

const CONFIG = 'scrape_configs: []\n'

/** Starts nginx with one of our files, its ports and paths replaced. */
async function startNginx(name: string, replacements: Record<string, string>) {
  let text = readFileSync(join(repoRoot, 'deploy/nginx', name), 'utf8')
  for (const [from, to] of Object.entries(replacements)) text = text.replaceAll(from, to)
  const folder = folderWith({ 'site.conf': text })
  chmodSync(folder, 0o755)
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; user root;
     events {}
     http { access_log off; include ${folder}/site.conf; }`,
  )
  return start('/usr/sbin/nginx', ['-p', folder, '-c', 'nginx.conf'])
}

test('TLS and a password: who has none is refused, who has one may ask but not stop', async () => {
  const port = await freePort()
  const folder = folderWith()
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-keyout', join(folder, 'prometheus.key'), '-out', join(folder, 'prometheus.crt')],
    ],
    { stdio: 'ignore' },
  )
  const hash = bcrypt.hashSync('secret', 4).replace('$2b$', '$2y$')
  writeFileSync(join(folder, 'prometheus.htpasswd'), `admin:${hash}\n`)
  chmodSync(folder, 0o755)
  const data = folderWith({ 'prometheus.yml': CONFIG })
  const server = await startServer(ours, {
    config: join(data, 'prometheus.yml'),
    data: join(data, 'tsdb'),
    args: ['--web.enable-lifecycle'],
  })
  await startNginx('tls-auth.conf', {
    'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
    '/etc/nginx/prometheus': `${folder}/prometheus`,
    'http://localhost:9090': server.url,
  })
  const ask = (path: string, method = 'GET', auth?: string) =>
    new Promise<number>((resolve, reject) => {
      const options = { method, rejectUnauthorized: false, ...(auth && { auth }) }
      request(`https://127.0.0.1:${port}${path}`, options, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
      })
        .on('error', reject)
        .end()
    })
  await waitFor('nginx', 10_000, async () => ((await ask('/-/healthy')) === 200 ? true : undefined))
  expect(await ask('/api/v1/query?query=1')).toBe(401)
  expect(await ask('/api/v1/query?query=1', 'GET', 'admin:wrong')).toBe(401)
  expect(await ask('/api/v1/query?query=1', 'GET', 'admin:secret')).toBe(200)
  expect(await ask('/query', 'GET', 'admin:secret')).toBe(200)
  expect(await ask('/-/quit', 'POST', 'admin:secret')).toBe(403)
})

test('two daemons below paths of one host answer there, pages and API', async () => {
  const port = await freePort()
  const outside = `http://localhost:${port}`
  const data = folderWith({
    'prometheus.yml': CONFIG,
    'alertmanager.yml': 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n',
  })
  const amPort = await freePort()
  start(programPath(ours, 'alertmanager'), [
    `--config.file=${data}/alertmanager.yml`,
    `--storage.path=${data}/am`,
    `--web.listen-address=127.0.0.1:${amPort}`,
    `--web.external-url=${outside}/alertmanager/`,
    '--cluster.listen-address=',
  ])
  const serverPort = await freePort()
  start(programPath(ours, 'prometheus'), [
    `--config.file=${data}/prometheus.yml`,
    `--storage.tsdb.path=${data}/tsdb`,
    `--web.listen-address=127.0.0.1:${serverPort}`,
    `--web.external-url=${outside}/prometheus/`,
  ])
  await startNginx('path-prefix.conf', {
    'listen 80': `listen 127.0.0.1:${port}`,
    'example.org': 'localhost',
    'localhost:9090': `127.0.0.1:${serverPort}`,
    'localhost:9093': `127.0.0.1:${amPort}`,
  })
  const base = `http://127.0.0.1:${port}`
  const get = (path: string) => fetch(base + path, { headers: { host: `localhost:${port}` } })
  for (const name of ['prometheus', 'alertmanager']) {
    await waitFor(name, 30_000, async () => ((await get(`/${name}/-/ready`)).ok ? true : undefined))
    const page = await (await get(`/${name}/`)).text()
    const assets = [...page.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(
      ([, path]) => path!,
    )
    expect(assets.length).toBeGreaterThan(0)
    for (const asset of assets) {
      const url = new URL(asset, `${base}/${name}/`)
      expect([asset, (await fetch(url)).status]).toEqual([asset, 200])
    }
  }
  const answer = (await (await get('/prometheus/api/v1/query?query=1')).json()) as {
    status: string
  }
  expect(answer.status).toBe('success')
  expect((await get('/alertmanager/api/v2/status')).status).toBe(200)
})
