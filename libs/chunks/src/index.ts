export { decodeXor, ENCODING_XOR, XorEncoder } from './xor-chunk.ts'
