/** Mail addresses as they stand in From and To. */
import addressparser from 'nodemailer/lib/addressparser'

/** The bare addresses of a list; throws an Error saying what is wrong. */
export function parseAddresses(text: string): string[] {
  const found: string[] = []
  for (const entry of addressparser(text, { flatten: true })) {
    const address = (entry as { address?: string }).address ?? ''
    if (!/^[^\s@<>"]+@[^\s@<>"]+$/.test(address) && !/^"(?:[^"\\]|\\.)+"@[^\s@]+$/.test(address)) {
      throw new Error(
        text.includes('@') ? 'mail: no angle-addr' : "mail: missing '@' or angle-addr",
      )
    }
    found.push(address)
  }
  if (found.length === 0) throw new Error('mail: no address')
  return found
}
