import { defineCollector } from '../collector.ts'
import { parseFloat64 } from '../kernel-number.ts'

export const filefd = defineCollector({
  name: 'filefd',
  isDefault: true,
  create:
    ({ proc }) =>
    (page) => {
      const fields = proc.text('sys/fs/file-nr').trim().split('\t')
      if (fields.length < 3) throw new Error('unexpected number of file stats in file-nr')
      page
        .gauge('node_filefd_allocated', 'File descriptor statistics: allocated.')
        .add(parseFloat64(fields[0]))
      page
        .gauge('node_filefd_maximum', 'File descriptor statistics: maximum.')
        .add(parseFloat64(fields[2]))
    },
})
