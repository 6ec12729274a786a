/** All kinds of receivers, in the order their integrations are built. */
import type { AnyReceiverKind } from './receiver.ts'
import { discord } from './receivers/discord.ts'
import { email } from './receivers/email.ts'
import { incidentio } from './receivers/incidentio.ts'
import { jira } from './receivers/jira.ts'
import { mattermost } from './receivers/mattermost.ts'
import { msteams } from './receivers/msteams.ts'
import { msteamsv2 } from './receivers/msteamsv2.ts'
import { opsgenie } from './receivers/opsgenie.ts'
import { pagerduty } from './receivers/pagerduty.ts'
import { pushover } from './receivers/pushover.ts'
import { rocketchat } from './receivers/rocketchat.ts'
import { slack } from './receivers/slack.ts'
import { sns } from './receivers/sns.ts'
import { telegram } from './receivers/telegram.ts'
import { victorops } from './receivers/victorops.ts'
import { webex } from './receivers/webex.ts'
import { webhook } from './receivers/webhook.ts'
import { wechat } from './receivers/wechat.ts'

export const RECEIVER_KINDS: readonly AnyReceiverKind[] = [
  webhook,
  email,
  pagerduty,
  opsgenie,
  wechat,
  slack,
  victorops,
  pushover,
  sns,
  telegram,
  discord,
  webex,
  msteams,
  msteamsv2,
  jira,
  incidentio,
  rocketchat,
  mattermost,
]

/** Names of all kinds the original knows, in that order; some have metrics before they have a sender. */
export const INTEGRATION_NAMES: readonly string[] = [
  'webhook',
  'email',
  'pagerduty',
  'opsgenie',
  'wechat',
  'slack',
  'victorops',
  'pushover',
  'sns',
  'telegram',
  'discord',
  'webex',
  'msteams',
  'msteamsv2',
  'jira',
  'incidentio',
  'rocketchat',
  'mattermost',
]
