/** Posts the group to a Webex room. */
import { field, type Infer, string, struct } from '@prom/yaml'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { postJson } from '../post-json.ts'
import { defineReceiver } from '../receiver.ts'
import { truncateBytes } from '../truncate.ts'
import { httpUrl } from '../urls.ts'

const MESSAGE_BYTES_MAX = 7439

const webexConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    apiUrl: field('api_url', httpUrl),
    message: field('message', string, template('webex.default.message')),
    roomId: field('room_id', string),
  },
  {
    typeName: 'config.WebexConfig',
    check: ({ roomId, httpConfig }) => {
      if (roomId === '') return 'missing room_id on webex_config'
      return httpConfig?.authorization
        ? undefined
        : 'missing webex_configs.http_config.authorization'
    },
  },
)

export const webex = defineReceiver<Infer<typeof webexConfig>>({
  name: 'webex',
  schema: webexConfig,
  complete: (config, global) => {
    const apiUrl = config.apiUrl || global.webexApiUrl
    return apiUrl === ''
      ? { error: 'no global Webex URL set' }
      : withHttp({ ...config, apiUrl }, global)
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, { createClient, templates, userAgent }) => {
    const client = createClient(httpOf(config))
    return async (notification, signal) => {
      const data = templates.data(notification)
      const { text: markdown } = truncateBytes(
        templates.text(config.message, data),
        MESSAGE_BYTES_MAX,
      )
      const body = { markdown, roomId: templates.text(config.roomId, data) }
      await postJson(client, { url: config.apiUrl, body, userAgent, signal })
    }
  },
})
