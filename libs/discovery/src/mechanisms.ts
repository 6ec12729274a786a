import { consul } from './mechanisms/consul.ts'
import { dns } from './mechanisms/dns.ts'
import { file } from './mechanisms/file.ts'
import { http } from './mechanisms/http.ts'

/** One line per mechanism, keyed as in `SdConfigs`; `static` is not one, it needs nobody to run. */
export const mechanisms = { consul, dns, file, http }
