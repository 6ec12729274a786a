/** A throwaway TLS certificate, made when a test needs one. */
import { createSign, generateKeyPairSync } from 'node:crypto'

export interface SelfSigned {
  readonly key: string
  readonly cert: string
}

/** Valid from 2020 to 2049, for the given DNS names and IPv4 addresses; its own authority. */
export function selfSigned(names: readonly string[]): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const subject = sequence(set(sequence(oid('5504', '03'), tagged(0x0c, Buffer.from('test')))))
  const algorithm = sequence(oid('2a864886f70d0101', '0b'), Buffer.from([0x05, 0x00]))
  const time = (text: string) => tagged(0x17, Buffer.from(text))
  const alternatives = sequence(...names.map(nameOf))
  const extension = (id: Buffer, value: Buffer) => sequence(id, tagged(0x04, value))
  const basic = sequence(tagged(0x01, Buffer.from([0xff])))
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(1),
    algorithm,
    subject,
    sequence(time('200101000000Z'), time('491231235959Z')),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      0xa3,
      sequence(extension(oid('551d', '11'), alternatives), extension(oid('551d', '13'), basic)),
    ),
  )
  const signature = createSign('sha256').update(body).sign(privateKey)
  const certificate = sequence(
    body,
    algorithm,
    tagged(0x03, Buffer.concat([Buffer.from([0]), signature])),
  )
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  }
}

function nameOf(name: string): Buffer {
  return /^[\d.]+$/.test(name)
    ? tagged(0x87, Buffer.from(name.split('.').map(Number)))
    : tagged(0x82, Buffer.from(name))
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: readonly Buffer[]) => tagged(0x30, Buffer.concat(parts))
const set = (...parts: readonly Buffer[]) => tagged(0x31, Buffer.concat(parts))
const integer = (value: number) => tagged(0x02, Buffer.from([value]))
const oid = (...hex: readonly string[]) => tagged(0x06, Buffer.from(hex.join(''), 'hex'))
