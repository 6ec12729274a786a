/** The `global` section: what receivers fall back to. */
import { httpClientConfig, tlsConfig } from '@prom/http'
import { bool, duration, field, type Infer, optional, secret, string, struct } from '@prom/yaml'
import { hostPort } from './host-port.ts'
import { httpUrl, secretUrl } from './urls.ts'

const printed = { isAlwaysPrinted: true }

export const globalConfig = struct(
  'config.plain',
  {
    resolveTimeoutMs: field('resolve_timeout', duration, { default: 300_000, ...printed }),
    httpConfig: field('http_config', httpClientConfig, { default: httpClientConfig.create }),
    jiraApiUrl: field('jira_api_url', httpUrl),
    smtpFrom: field('smtp_from', string),
    smtpHello: field('smtp_hello', string, { default: 'localhost' }),
    smtpSmarthost: field('smtp_smarthost', hostPort),
    smtpAuthUsername: field('smtp_auth_username', string),
    smtpAuthPassword: field('smtp_auth_password', secret),
    smtpAuthPasswordFile: field('smtp_auth_password_file', string),
    smtpAuthSecret: field('smtp_auth_secret', secret),
    smtpAuthSecretFile: field('smtp_auth_secret_file', string),
    smtpAuthIdentity: field('smtp_auth_identity', string),
    smtpRequireTls: field('smtp_require_tls', bool, { default: true, ...printed }),
    smtpTlsConfig: field('smtp_tls_config', optional(tlsConfig), { default: tlsConfig.create }),
    smtpForceImplicitTls: field('smtp_force_implicit_tls', optional(bool)),
    slackApiUrl: field('slack_api_url', secretUrl),
    slackApiUrlFile: field('slack_api_url_file', string),
    slackAppToken: field('slack_app_token', secret),
    slackAppTokenFile: field('slack_app_token_file', string),
    slackAppUrl: field('slack_app_url', httpUrl, {
      default: 'https://slack.com/api/chat.postMessage',
    }),
    pagerdutyUrl: field('pagerduty_url', httpUrl, {
      default: 'https://events.pagerduty.com/v2/enqueue',
    }),
    opsgenieApiUrl: field('opsgenie_api_url', httpUrl, { default: 'https://api.opsgenie.com/' }),
    opsgenieApiKey: field('opsgenie_api_key', secret),
    opsgenieApiKeyFile: field('opsgenie_api_key_file', string),
    wechatApiUrl: field('wechat_api_url', httpUrl, {
      default: 'https://qyapi.weixin.qq.com/cgi-bin/',
    }),
    wechatApiSecret: field('wechat_api_secret', secret),
    wechatApiSecretFile: field('wechat_api_secret_file', string),
    wechatApiCorpId: field('wechat_api_corp_id', string),
    victoropsApiUrl: field('victorops_api_url', httpUrl, {
      default: 'https://alert.victorops.com/integrations/generic/20131114/alert/',
    }),
    victoropsApiKey: field('victorops_api_key', secret),
    victoropsApiKeyFile: field('victorops_api_key_file', string),
    telegramApiUrl: field('telegram_api_url', httpUrl, { default: 'https://api.telegram.org' }),
    telegramBotToken: field('telegram_bot_token', secret),
    telegramBotTokenFile: field('telegram_bot_token_file', string),
    webexApiUrl: field('webex_api_url', httpUrl, {
      default: 'https://webexapis.com/v1/messages',
    }),
    rocketchatApiUrl: field('rocketchat_api_url', httpUrl, {
      default: 'https://open.rocket.chat/',
    }),
    rocketchatToken: field('rocketchat_token', secret),
    rocketchatTokenFile: field('rocketchat_token_file', string),
    rocketchatTokenId: field('rocketchat_token_id', secret),
    rocketchatTokenIdFile: field('rocketchat_token_id_file', string),
    mattermostWebhookUrl: field('mattermost_webhook_url', secretUrl),
    mattermostWebhookUrlFile: field('mattermost_webhook_url_file', string),
  },
  { typeName: 'config.GlobalConfig', check: checkGlobal },
)

export type GlobalConfig = Infer<typeof globalConfig>

interface Draft {
  readonly [key: string]: unknown
}

const PAIRS = [
  ['smtp_auth_password', 'smtpAuthPassword'],
  ['smtp_auth_secret', 'smtpAuthSecret'],
  ['slack_api_url', 'slackApiUrl'],
  ['slack_app_token', 'slackAppToken'],
  ['opsgenie_api_key', 'opsgenieApiKey'],
  ['wechat_api_secret', 'wechatApiSecret'],
  ['victorops_api_key', 'victoropsApiKey'],
  ['telegram_bot_token', 'telegramBotToken'],
  ['rocketchat_token', 'rocketchatToken'],
  ['rocketchat_token_id', 'rocketchatTokenId'],
  ['mattermost_webhook_url', 'mattermostWebhookUrl'],
] as const

function checkGlobal(config: Draft): string | undefined {
  for (const [key, property] of PAIRS) {
    const value = config[property] as { readonly isEmpty: boolean }
    if (!value.isEmpty && config[`${property}File`] !== '') {
      return `at most one of ${key} & ${key}_file must be configured`
    }
  }
  const isSet = (property: string) =>
    !(config[property] as { readonly isEmpty: boolean }).isEmpty || config[`${property}File`] !== ''
  const apiUrl = config.slackApiUrl as { reveal(): string }
  if (isSet('slackAppToken') && isSet('slackApiUrl') && apiUrl.reveal() !== config.slackAppUrl) {
    return 'at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured'
  }
  return undefined
}
