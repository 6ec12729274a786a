/** `/admin/tsdb/*`: refused unless enabled; what storage cannot do yet is refused too, with a clear word. */
import type { HttpHandler } from '@prom/http'
import { ApiError } from './api-error.ts'
import { createHandler, type EnvelopeDeps } from './envelope.ts'

export function createAdminHandler(
  deps: EnvelopeDeps & { readonly flags: Readonly<Record<string, string>> },
): HttpHandler {
  return createHandler(() => {
    if (deps.flags['web.enable-admin-api'] !== 'true') {
      throw new ApiError('unavailable', 'admin APIs disabled')
    }
    throw new ApiError('internal', 'admin APIs are not implemented by this server')
  }, deps)
}
