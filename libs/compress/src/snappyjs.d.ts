declare module 'snappyjs' {
  const snappyjs: {
    compress(bytes: Uint8Array): Uint8Array
    uncompress(bytes: Uint8Array, max?: number): Uint8Array
  }
  export default snappyjs
}
