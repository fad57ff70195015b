/** The client as the document describes the API: a path, parameter, body or key that it does not know does not compile. */
import type { Http, Options } from './http'
import type { paths } from './schema'

type Method = 'get' | 'post' | 'put' | 'delete'
type Known<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths]
/** Paths as they stand in the document, without the common beginning. */
export type Path<M extends Method> = Known<M> extends infer P ? (P extends `/api/v1${infer Rest}` ? Rest : never) : never
type Operation<M extends Method, P extends string> = `/api/v1${P}` extends keyof paths ? paths[`/api/v1${P}`][M] : never

type Json<R> = R extends { content: { 'application/json': infer B } } ? B : void
export type Answer<M extends Method, P extends string> =
  Operation<M, P> extends { responses: infer R } ? Json<R[Extract<keyof R, 200 | 201 | 202 | 204>]> : never
export type Body<M extends Method, P extends string> =
  Operation<M, P> extends { requestBody?: { content: { 'application/json': infer B } } } ? B : undefined
/** An empty text, as a filter that is off gives it, is left out of the address. */
type Open<Q> = { [K in keyof Q]: Q[K] | '' }
export type Query<M extends Method, P extends string> =
  Operation<M, P> extends { parameters: { query?: infer Q } } ? Open<NonNullable<Q>> : never

/** What must be given along with a path: its parameters, the body and the Idempotency-Key where there is one. */
type Given<O> = (O extends { parameters: { path: infer A } } ? { path: A } : { path?: undefined }) &
  (O extends { requestBody: { content: { 'application/json': infer B } } } ? { body: B } : { body?: undefined }) &
  (O extends { parameters: { query: infer Q } } ? { query: Open<Q> } : O extends { parameters: { query?: infer Q } } ? { query?: Open<NonNullable<Q>> } : unknown) &
  (O extends { parameters: { header: { 'Idempotency-Key': string } } } ? { key: string } : { key?: undefined })
type More = Pick<Options, 'timeout' | 'binary' | 'header'>
type Rest<O> = Record<string, never> extends Given<O> ? [given?: Given<O> & More] : [given: Given<O> & More]

export function fill(path: string, parameters: Record<string, unknown> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(parameters[name])))
}

export function typed(http: Http) {
  const method =
    <M extends Method>(name: M) =>
    <P extends Path<M>>(path: P, ...[given]: Rest<Operation<M, P>>): Promise<Answer<M, P>> => {
      const { path: parameters, ...options } = (given ?? {}) as Options & { path?: Record<string, unknown> }
      return http.call(name.toUpperCase(), fill(path, parameters), options)
    }
  return { get: method('get'), post: method('post'), put: method('put'), delete: method('delete') }
}
