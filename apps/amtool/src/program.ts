/** The command line, with the original's words. */
import { versionFlag } from '@prom/daemon'
import { defineProgram, flag, goDuration, oneOf, switchFlag, text } from '@prom/flags'
import { commands } from './commands.ts'
import type { Context } from './context.ts'

const HELP = `View and modify the current Alertmanager state.

Config File: The alertmanager tool will read a config file in YAML format from one of two default config locations: $HOME/.config/amtool/config.yml or /etc/amtool/config.yml

All flags can be given in the config file, but the following are the suited for static configuration:

  alertmanager.url
  	Set a default alertmanager url for each request

  author
  	Set a default author value for new silences. If this argument is not
  	specified then the username will be used

  require-comment
  	Bool, whether to require a comment on silence creation. Defaults to true

  output
  	Set a default output type. Options are (simple, extended, json)

  date.format
  	Sets the output format for dates. Defaults to "2006-01-02 15:04:05 MST"

  http.config.file
  	HTTP client configuration file for amtool to connect to Alertmanager.
  	The format is https://prometheus.io/docs/alerting/latest/configuration/#http_config.
`

const flags = {
  dateFormat: flag('date.format', text, {
    help: 'Format of date output',
    default: '2006-01-02 15:04:05 MST',
  }),
  verbose: switchFlag('verbose', { help: 'Verbose running information', short: 'v' }),
  url: flag('alertmanager.url', text, { help: 'Alertmanager to talk to' }),
  output: flag('output', oneOf('simple', 'extended', 'json'), {
    help: 'Output formatter (simple, extended, json)',
    short: 'o',
    default: 'simple',
  }),
  timeoutMs: flag('timeout', goDuration, {
    help: 'Timeout for the executed command',
    default: '30s',
  }),
  httpConfigFile: flag('http.config.file', text, {
    help: 'HTTP client configuration file for amtool to connect to Alertmanager.',
    placeholder: '<filename>',
  }),
  versionCheck: switchFlag('version-check', {
    help: 'Check alertmanager version. Use --no-version-check to disable.',
    default: 'true',
  }),
  features: flag('enable-feature', text, {
    help: 'Experimental features to enable, comma separated. Valid options: alert-names-in-metrics, receiver-name-in-metrics, group-key-in-metrics, classic-mode, utf8-strict-mode, auto-gomemlimit, event-recorder',
    default: '',
  }),
  version: versionFlag,
}

export const program = defineProgram<typeof flags, Context>({
  name: 'amtool',
  help: HELP,
  errors: 'plain',
  showsNegation: true,
  commandList: 'compact',
  flags,
  commands,
})
