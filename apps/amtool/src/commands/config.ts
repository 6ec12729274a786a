/** `amtool config show`, `amtool config routes show|test`. */
import { dirname } from 'node:path'
import { explainRoutes, type Route } from '@prom/alerting'
import { parseAlertmanagerConfig } from '@prom/alertmanager-config'
import { defineCommand, defineGroup, flag, listArgument, switchFlag, text } from '@prom/flags'
import { Labels } from '@prom/labels'
import { printJson } from '@prom/receivers'
import { CommandError, type Context } from '../context.ts'
import { parseLabels } from '../matcher-arguments.ts'
import { printExplanation, printSteps, routeStep } from '../print-explanation.ts'
import { printRoutes } from '../print-routes.ts'

const CONFIG_HELP = `View current config.

The amount of output is controlled by the output selection flag:
  - Simple: Print just the running config
  - Extended: Print the running config as well as uptime and all version info
  - Json: Print entire config object as json`

const show = defineCommand({
  name: 'show',
  isDefault: true,
  help: CONFIG_HELP,
  run: async (_values, context: Context) => {
    const status = await (await context.api()).status()
    const { stdout } = context.host
    const { original } = status.config
    if (context.output === 'json') stdout.write(`${printJson(status as never)}\n`)
    else if (context.output === 'simple') stdout.write(`${original}\n`)
    else {
      const { versionInfo } = status
      const names = ['buildUser', 'goVersion', 'revision', 'version', 'branch', 'buildDate']
      const lines = names.map((name) => `${name} ${versionInfo[name] ?? ''}\n`)
      stdout.write(`${original}\n${lines.join('')}uptime ${status.uptime}\n`)
    }
    return 0
  },
})

const configFile = flag('config.file', text, {
  help: 'Config file to be tested.',
  placeholder: 'CONFIG.FILE',
})

const ROUTES_HELP = `Prints alert routing tree

Will print whole routing tree in form of ASCII tree view.

Routing is loaded from a local configuration file or a running Alertmanager configuration. Specifying --config.file takes precedence over --alertmanager.url.

Example:

./amtool config routes [show] --config.file=doc/examples/simple.yml`

const routesShow = defineCommand({
  name: 'show',
  isDefault: true,
  help: ROUTES_HELP,
  flags: { configFile },
  run: async (values, context: Context) => {
    const route = await loadRoute(values.configFile, context)
    context.host.stdout.write(`Routing tree:\n${printRoutes(route)}\n`)
    return 0
  },
})

const routesTest = defineCommand({
  name: 'test',
  help: `Test alert routing

Will return receiver names which the alert with given labels resolves to. If the labelset resolves to multiple receivers, they are printed out in order as defined in the routing tree.

Routing is loaded from a local configuration file or a running Alertmanager configuration. Specifying --config.file takes precedence over --alertmanager.url.

Example:

./amtool config routes test --config.file=doc/examples/simple.yml --verify.receivers=team-DB-pager service=database`,
  flags: {
    configFile,
    verify: flag('verify.receivers', text, {
      help: 'Checks if specified receivers matches resolved receivers. The command fails if the labelset does not route to the specified receivers.',
      placeholder: 'VERIFY.RECEIVERS',
      default: '',
    }),
    tree: switchFlag('tree', { help: 'Prints out matching routes tree.' }),
  },
  args: {
    labels: listArgument('labels', text, {
      help: 'List of labels to be tested against the configured routes.',
    }),
  },
  run: async (values, context: Context) => {
    const { stdout } = context.host
    const route = await loadRoute(values.configFile, context)
    let labels: Labels
    try {
      labels = Labels.from(parseLabels(values.labels, context))
    } catch (err) {
      throw new CommandError(`Failed to parse labels: ${(err as Error).message}`)
    }
    const found = route.match(labels)
    if (values.tree) {
      stdout.write(`Matching routes:\n${printRoutes(route, new Set(found))}\n\n`)
    }
    const receivers = found.map(({ options }) => options.receiver).join(',')
    stdout.write(`${receivers}\n`)
    if (values.verify !== '' && receivers !== values.verify) {
      stdout.write('WARNING: Expected receivers did not match resolved receivers.\n')
      return 1
    }
    return 0
  },
})

const routesExplain = defineCommand({
  name: 'explain',
  help: `Explain alert routing

Will print which routes an alert with the given labels matches and why it does not match the others. With a running Alertmanager it also tells what inhibits or silences the alert, what was last sent for its groups, and when they are next flushed.

Not a command of the original.`,
  flags: { configFile },
  args: {
    labels: listArgument('labels', text, {
      help: 'List of labels to be tested against the configured routes.',
    }),
  },
  run: async (values, context: Context) => {
    const { stdout } = context.host
    const labels = parseLabels(values.labels, context)
    if (values.configFile === undefined) {
      const found = await (await context.api()).explain(Object.fromEntries(labels))
      if (context.output === 'json') stdout.write(`${printJson(found as never)}\n`)
      else stdout.write(printExplanation(found, context))
      return 0
    }
    const route = await loadRoute(values.configFile, context)
    const step = routeStep(explainRoutes(route, Labels.from(labels)))
    if (context.output === 'json') stdout.write(`${printJson({ routes: step } as never)}\n`)
    else stdout.write(`Routes:\n${printSteps(step).join('\n')}\n`)
    return 0
  },
})

async function loadRoute(file: string | undefined, context: Context): Promise<Route> {
  const { host, parser } = context
  let content: string
  if (file !== undefined) {
    host.stderr.write('Warning: --config.file flag overrides the --alertmanager.url.\n')
    if (!host.files.statSync(file)) throw new CommandError(`path '${file}' does not exist`)
    content = host.files.readTextSync(file)
  } else content = (await (await context.api()).status()).config.original
  const directory = file === undefined ? '.' : dirname(file)
  const loaded = parseAlertmanagerConfig(content, { file: file ?? 'server', directory, parser })
  if ('error' in loaded) throw new CommandError(loaded.error)
  return loaded.config.route
}

const routes = defineGroup<Context>({
  name: 'routes',
  help: ROUTES_HELP,
  commands: [routesShow, routesTest, routesExplain],
})

export const config = defineGroup<Context>({
  name: 'config',
  help: CONFIG_HELP,
  commands: [show, routes],
})
