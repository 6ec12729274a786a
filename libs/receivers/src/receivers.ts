/** All kinds of receivers, in the order their integrations are built. */
import type { AnyReceiverKind } from './receiver.ts'
import { email } from './receivers/email.ts'
import { slack } from './receivers/slack.ts'
import { webhook } from './receivers/webhook.ts'

export const RECEIVER_KINDS: readonly AnyReceiverKind[] = [webhook, email, slack]

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
