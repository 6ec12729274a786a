/** Container files, compose file and Kubernetes manifests agree with the programs and with themselves. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { validate } from 'dockerfile-utils'
import { load, loadAll } from 'js-yaml'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { run } from '../harness/processes.ts'
import { ours, programPath, repoRoot } from '../harness/programs.ts'

afterAll(removeFolders)

const deploy = (path: string) => join(repoRoot, 'deploy', path)
const read = (path: string) => readFileSync(deploy(path), 'utf8')

async function expectAccepted(program: string, args: readonly string[]) {
  const { stdout, stderr } = await run(programPath(ours, program), ['--help'])
  for (const arg of args) {
    const flag = /^--([^=]+)/.exec(arg)?.[1]
    expect(`${stdout}${stderr}`).toMatch(new RegExp(`--(\\[no-\\])?${flag}\\b`))
  }
}

async function expectGoodConfig(program: string, text: string) {
  const file = join(folderWith({ 'config.yml': text }), 'config.yml')
  const done =
    program === 'alertmanager'
      ? await run(programPath(ours, 'amtool'), ['check-config', file])
      : await run(programPath(ours, 'promtool'), ['check', 'config', '--syntax-only', file])
  expect(done).toMatchObject({ code: 0 })
}

describe('containers', () => {
  const files = readdirSync(deploy('containers')).filter((name) => name.endsWith('.Containerfile'))

  test.each(files)(
    '%s has no findings, and starts its program with flags it knows',
    async (file) => {
      const text = read(`containers/${file}`)
      expect(validate(text)).toEqual([])
      const program = file.replace('.Containerfile', '')
      expect(text).toContain(`ENTRYPOINT ["/usr/bin/${program}"]`)
      await expectAccepted(program, JSON.parse(/^CMD (.*)$/m.exec(text)![1]!))
      for (const [, source] of text.matchAll(/^COPY (deploy\S+) /gm)) {
        expect(existsSync(join(repoRoot, source!))).toBe(true)
      }
    },
  )

  test('the compose file starts each of them, with volumes and configuration that exist', async () => {
    const compose = load(read('containers/compose.yml')) as {
      services: Record<
        string,
        { build: { dockerfile: string }; command: string[]; volumes: string[] }
      >
      volumes: Record<string, unknown>
    }
    const services = Object.values(compose.services)
    expect(services.map(({ build }) => build.dockerfile).sort()).toEqual(
      files.map((file) => `deploy/containers/${file}`),
    )
    for (const { build, command, volumes } of services) {
      await expectAccepted(/containers\/(\w+)\./.exec(build.dockerfile)![1]!, command)
      for (const source of volumes.map((volume) => volume.split(':')[0]!)) {
        if (source.startsWith('.')) expect(existsSync(deploy(`containers/${source}`))).toBe(true)
        else if (!source.startsWith('/')) expect(compose.volumes).toHaveProperty(source)
      }
    }
    await expectGoodConfig('prometheus', read('containers/prometheus.yml'))
    await expectGoodConfig('alertmanager', read('packages/alertmanager.yml'))
  })
})

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly data?: Record<string, string>
  readonly spec?: {
    readonly selector: Record<string, string> & { readonly matchLabels?: Record<string, string> }
    readonly ports?: { readonly targetPort: string }[]
    readonly template?: {
      readonly metadata: { readonly labels: Record<string, string> }
      readonly spec: {
        readonly containers: {
          readonly image: string
          readonly args: string[]
          readonly ports: { readonly name: string }[]
          readonly volumeMounts: { readonly name: string }[]
        }[]
        readonly volumes?: {
          readonly name: string
          readonly configMap?: { readonly name: string }
        }[]
      }
    }
    readonly volumeClaimTemplates?: { readonly metadata: { readonly name: string } }[]
  }
}

describe('Kubernetes', () => {
  const { resources } = load(read('kubernetes/kustomization.yaml')) as { resources: string[] }
  const manifests = resources.flatMap((file) => loadAll(read(`kubernetes/${file}`)) as Manifest[])
  const workloads = manifests.filter(({ spec }) => spec?.template)
  const programOf = (image: string) => image.replace('prometheus-ts/', '').replace('-', '_')

  test('every file is listed, and everything is in one namespace', () => {
    const files = readdirSync(deploy('kubernetes')).filter((name) => name.endsWith('.yaml'))
    expect([...resources, 'kustomization.yaml'].sort()).toEqual(files.sort())
    const namespaces = manifests.map(({ metadata }) => metadata.namespace).filter(Boolean)
    expect(new Set(namespaces)).toEqual(new Set(['monitoring']))
  })

  test.each(workloads.map((one): [string, Manifest] => [one.metadata.name, one]))(
    '%s: labels, volumes and flags fit together',
    async (_name, { spec }) => {
      const { template, selector, volumeClaimTemplates = [] } = spec!
      expect(template!.metadata.labels).toMatchObject(selector.matchLabels!)
      const volumes = [
        ...(template!.spec.volumes ?? []).map(({ name }) => name),
        ...volumeClaimTemplates.map(({ metadata }) => metadata.name),
      ]
      for (const { image, args, volumeMounts } of template!.spec.containers) {
        expect(volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.sort())
        await expectAccepted(programOf(image), args)
      }
      for (const { configMap } of template!.spec.volumes ?? []) {
        if (!configMap) continue
        expect(
          manifests.some(
            ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap.name,
          ),
        ).toBe(true)
      }
    },
  )

  test('every service leads to ports that a workload has', () => {
    const services = manifests.filter(({ kind }) => kind === 'Service')
    expect(services).toHaveLength(4)
    for (const { spec } of services) {
      const target = workloads.find(
        (one) => one.spec!.template!.metadata.labels.app === spec!.selector.app,
      )
      const names = target!.spec!.template!.spec.containers.flatMap(({ ports }) =>
        ports.map(({ name }) => name),
      )
      for (const { targetPort } of spec!.ports!) expect(names).toContain(targetPort)
    }
  })

  test('the configurations are good', async () => {
    const maps = manifests.filter(({ kind }) => kind === 'ConfigMap')
    expect(maps).toHaveLength(2)
    for (const { metadata, data } of maps) {
      await expectGoodConfig(metadata.name, data![`${metadata.name}.yml`]!)
    }
    const rules = join(folderWith(), 'rules.yml')
    writeFileSync(
      rules,
      maps.find(({ metadata }) => metadata.name === 'prometheus')!.data!['rules.yml']!,
    )
    expect(await run(programPath(ours, 'promtool'), ['check', 'rules', rules])).toMatchObject({
      code: 0,
    })
  })
})
