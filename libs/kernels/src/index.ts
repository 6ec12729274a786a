export {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type KernelExports,
  type Kernels,
} from './kernels.ts'
