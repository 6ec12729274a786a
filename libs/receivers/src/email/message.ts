/** A mail with a text and an HTML form, as bytes to send. */
import { encodeQuotedPrintable } from './quoted-printable.ts'

export interface MailMessage {
  /** Name and value, as configured; values are encoded here where they need it. */
  readonly headers: readonly (readonly [string, string])[]
  readonly messageId: string | undefined
  readonly atMs: number
  readonly boundary: string
  readonly text: string
  readonly html: string
}

export function printMessage(message: MailMessage): string {
  const lines: string[] = []
  for (const [name, value] of message.headers) lines.push(`${name}: ${encodeHeader(value)}`)
  if (message.messageId !== undefined) lines.push(`Message-Id: ${message.messageId}`)
  lines.push(
    `Date: ${printMailDate(message.atMs)}`,
    `Content-Type: multipart/alternative;  boundary=${message.boundary}`,
    'MIME-Version: 1.0',
    '',
    '',
  )
  const parts: string[] = []
  if (message.text !== '') parts.push(part('text/plain', message.text))
  if (message.html !== '') parts.push(part('text/html', message.html))
  const { boundary } = message
  const body = parts.map((content) => `--${boundary}\r\n${content}\r\n`).join('')
  return `${lines.join('\r\n')}${body}--${boundary}--\r\n`
}

function part(type: string, content: string): string {
  const head = `Content-Transfer-Encoding: quoted-printable\r\nContent-Type: ${type}; charset=UTF-8`
  return `${head}\r\n\r\n${encodeQuotedPrintable(content)}`
}

const WORD_BYTES_MAX = 75 - '=?utf-8?q?'.length - '?='.length

/** RFC 2047, the Q form, in words of at most 75 characters; plain ASCII stays as it is. */
export function encodeHeader(value: string): string {
  if (/^[\t\x20-\x7e]*$/.test(value)) return value
  const words: string[] = []
  let word = ''
  for (const char of value) {
    const encoded = encodeQ(char)
    if (word.length + encoded.length > WORD_BYTES_MAX) {
      words.push(word)
      word = ''
    }
    word += encoded
  }
  words.push(word)
  return words.map((text) => `=?utf-8?q?${text}?=`).join('\r\n ')
}

function encodeQ(char: string): string {
  if (char === ' ') return '_'
  if (/^[!-~]$/.test(char) && !'=?_'.includes(char)) return char
  return Array.from(
    new TextEncoder().encode(char),
    (byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 1123 with a numeric zone, in local time: `Fri, 20 Nov 2026 14:00:00 +0100`. */
export function printMailDate(atMs: number): string {
  const date = new Date(atMs)
  const two = (value: number) => String(value).padStart(2, '0')
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
  const day = `${DAYS[date.getDay()]}, ${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`
}
