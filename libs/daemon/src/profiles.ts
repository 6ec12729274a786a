/** `/debug/pprof/*`: what this runtime knows of itself, under the original's paths but in V8's formats. */
import { Session } from 'node:inspector'
import { type HttpHandler, type HttpServer, queryOf, respondError, respondText } from '@prom/http'
import type { Clock } from '@prom/runtime'

const SECONDS_DEFAULT = 30
const SECONDS_MAX = 300
/** Between two samples of the processor, in microseconds; of allocations, in bytes. */
const CPU_INTERVAL_MICROS = 1000
const HEAP_INTERVAL_BYTES = 64 << 10

/** What Go has besides. */
const OF_GO = ['goroutine', 'block', 'mutex', 'threadcreate', 'cmdline', 'symbol', 'trace']

const INDEX = `/debug/pprof/

profile?seconds=30  processor time of the main thread; a .cpuprofile, for the developer tools of a browser
heap?seconds=30     what is allocated meanwhile and still in use; a .heapprofile
allocs?seconds=30   the same with what was freed again
`

type Post = (method: string, params?: object) => Promise<{ profile?: unknown }>

/** Adds the paths. One profile is taken at a time; what Go has and we have not is 501. */
export function addProfileRoutes(http: HttpServer, prefix: string, clock: Clock): void {
  let isTaking = false
  const take =
    (
      file: string,
      work: (post: Post, wait: () => Promise<void>) => Promise<unknown>,
    ): HttpHandler =>
    async (request, response) => {
      const seconds = Number(queryOf(request).get('seconds') ?? SECONDS_DEFAULT)
      if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
        respondError(response, 400, `seconds must be above 0 and at most ${SECONDS_MAX}`)
        return
      }
      if (isTaking) {
        respondError(response, 503, 'a profile is being taken already')
        return
      }
      isTaking = true
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      const session = new Session()
      try {
        session.connect()
        const wait = () => clock.sleep(seconds * 1000, gone.signal)
        const body = JSON.stringify(await work(poster(session), wait))
        response.writeHead(200, {
          'Content-Type': 'application/json',
          'Content-Disposition': `attachment; filename="${file}"`,
          'X-Content-Type-Options': 'nosniff',
        })
        response.end(body)
      } catch (err) {
        respondError(response, 500, `Could not take the profile: ${(err as Error).message}`)
      } finally {
        session.disconnect()
        isTaking = false
      }
    }
  const routes: Readonly<Record<string, HttpHandler>> = {
    '': (_request, response) => respondText(response, 200, INDEX),
    profile: take('profile.cpuprofile', takeCpu),
    heap: take('heap.heapprofile', (post, wait) => takeHeap(post, wait, false)),
    allocs: take('allocs.heapprofile', (post, wait) => takeHeap(post, wait, true)),
  }
  for (const [name, handler] of Object.entries(routes)) {
    http.raw('GET', `${prefix}/debug/pprof/${name}`, handler, '/debug/*subpath')
  }
  for (const name of OF_GO) {
    http.raw(
      'GET',
      `${prefix}/debug/pprof/${name}`,
      (_request, response) =>
        respondError(response, 501, 'this profile is not available in this build'),
      '/debug/*subpath',
    )
  }
}

function poster(session: Session): Post {
  return (method, params = {}) =>
    new Promise((resolve, reject) => {
      session.post(method, params, (err, result) => {
        if (err) reject(err)
        else resolve((result ?? {}) as { profile?: unknown })
      })
    })
}

async function takeCpu(post: Post, wait: () => Promise<void>): Promise<unknown> {
  await post('Profiler.enable')
  await post('Profiler.setSamplingInterval', { interval: CPU_INTERVAL_MICROS })
  await post('Profiler.start')
  await wait()
  return (await post('Profiler.stop')).profile
}

/** Sampled, so that no content of the memory gets out. */
async function takeHeap(post: Post, wait: () => Promise<void>, withFreed: boolean) {
  await post('HeapProfiler.startSampling', {
    samplingInterval: HEAP_INTERVAL_BYTES,
    includeObjectsCollectedByMajorGC: withFreed,
    includeObjectsCollectedByMinorGC: withFreed,
  })
  await wait()
  return (await post('HeapProfiler.stopSampling')).profile
}
