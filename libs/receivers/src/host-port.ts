import { parsed } from '@prom/yaml'

export interface HostPort {
  readonly host: string
  readonly port: string
}

/** `mail.example.org:587`; both parts are needed. */
export const hostPort = parsed<HostPort>({
  typeName: 'config.plain',
  zero: { host: '', port: '' },
  parse: (text) => {
    if (text === '') return { value: { host: '', port: '' } }
    const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text)
    if (!match) {
      const why = text.includes(':') ? 'too many colons in address' : 'missing port in address'
      return { error: `address ${text}: ${why}` }
    }
    const [, bracketed, plain, port = ''] = match
    if (port === '') return { error: `address ${text}: port cannot be empty` }
    return { value: { host: bracketed ?? plain ?? '', port } }
  },
  print: ({ host, port }) =>
    host === '' && port === '' ? '' : `${host.includes(':') ? `[${host}]` : host}:${port}`,
})
