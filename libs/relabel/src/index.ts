export { type RelabelAction, type RelabelOptions, type RelabelRule, relabel } from './relabel.ts'
