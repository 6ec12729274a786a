/** `/openapi.yaml`: this API for machines. */
import { type HttpHandler, queryOf, respondCompressed } from '@prom/http'
import { type Encoded, encodeYaml } from '@prom/yaml'
import { API_PATHS, type ApiPath } from './openapi-paths.ts'

/** What an answer in the envelope looks like. */
const SCHEMAS: Encoded = {
  Error: {
    type: 'object',
    required: ['status', 'errorType', 'error'],
    properties: {
      status: { type: 'string', enum: ['error'] },
      errorType: { type: 'string' },
      error: { type: 'string' },
    },
  },
  Success: {
    type: 'object',
    required: ['status'],
    properties: {
      status: { type: 'string', enum: ['success'] },
      data: {},
      warnings: { type: 'array', items: { type: 'string' } },
      infos: { type: 'array', items: { type: 'string' } },
    },
  },
}

/** `version` is the server's. Written once for each version of OpenAPI, when first asked for. */
export function createOpenApi(version: string): HttpHandler {
  const documents = new Map<string, Uint8Array[]>()
  return async (request, response) => {
    const wanted = queryOf(request).get('openapi_version') === '3.2' ? '3.2' : '3.1'
    const body = documents.get(wanted) ?? [Buffer.from(encodeYaml(describeApi(wanted, version)))]
    documents.set(wanted, body)
    response.setHeader('Cache-Control', 'no-cache')
    await respondCompressed(request, response, {
      contentType: 'application/yaml; charset=utf-8',
      body,
    })
  }
}

export function describeApi(openapi: '3.1' | '3.2', version: string): Encoded {
  const described = API_PATHS.filter(({ since = '3.1' }) => since <= openapi)
  const tags = [...new Set(described.map(({ tag }) => tag))]
  return {
    openapi: `${openapi}.0`,
    info: { title: 'Prometheus API', version },
    servers: [{ url: '/api/v1' }],
    tags: tags.map((name) => ({ name })),
    paths: Object.fromEntries(described.map((path) => [path.path, describePath(path)])),
    components: { schemas: SCHEMAS },
  }
}

function describePath(api: ApiPath): Encoded {
  const name = /\{(\w+)\}/.exec(api.path)?.[1]
  const operations = api.methods.map((method) => {
    const isForm = method === 'post' && api.methods.includes('get')
    const operation = {
      operationId: `${method}${api.path.replaceAll(/\W+(\w)?/g, (_, first = '') => first.toUpperCase())}`,
      summary: api.summary,
      tags: [api.tag],
      ...(!isForm && api.parameters && { parameters: api.parameters.map(describeParameter) }),
      ...(isForm && api.parameters && { requestBody: describeForm(api.parameters) }),
      ...(api.body && {
        requestBody: {
          required: true,
          content: { [api.body]: { schema: { type: 'string', format: 'binary' } } },
        },
      }),
      responses: describeAnswers(api.answer),
    }
    return [method, operation] as const
  })
  const inPath = { name: name ?? '', in: 'path', required: true, schema: { type: 'string' } }
  return { ...(name && { parameters: [inPath] }), ...Object.fromEntries(operations) }
}

const isRepeated = (parameter: string) => parameter.includes('[]')
const nameOf = (parameter: string) => parameter.replace('*', '')

function schemaOf(parameter: string): Encoded {
  return isRepeated(parameter) ? { type: 'array', items: { type: 'string' } } : { type: 'string' }
}

function describeParameter(parameter: string): Encoded {
  return {
    name: nameOf(parameter),
    in: 'query',
    required: parameter.endsWith('*'),
    schema: schemaOf(parameter),
  }
}

function describeForm(parameters: readonly string[]): Encoded {
  const required = parameters.filter((parameter) => parameter.endsWith('*')).map(nameOf)
  const properties = Object.fromEntries(parameters.map((each) => [nameOf(each), schemaOf(each)]))
  const schema = { type: 'object', ...(required.length > 0 && { required }), properties }
  return { content: { 'application/x-www-form-urlencoded': { schema } } }
}

function describeAnswers(answer: string | undefined): Encoded {
  const envelope = (schema: string) => ({
    'application/json': { schema: { $ref: `#/components/schemas/${schema}` } },
  })
  const failure = { description: 'Refused or failed', content: envelope('Error') }
  if (answer === '') return { '204': { description: 'Done' }, default: failure }
  const content = answer === undefined ? envelope('Success') : { [answer]: {} }
  return { '200': { description: 'The answer', content }, default: failure }
}
