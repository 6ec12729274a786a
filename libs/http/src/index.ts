export type { HttpAnswer, HttpClient, HttpRequest } from './contract.ts'
