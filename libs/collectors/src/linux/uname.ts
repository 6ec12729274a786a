import { defineCollector } from '../collector.ts'

export const uname = defineCollector({
  name: 'uname',
  isDefault: true,
  create:
    ({ own, system }) =>
    (page) => {
      const fact = (name: string) => own.proc.text(`sys/kernel/${name}`).trim()
      page
        .gauge(
          'node_uname_info',
          'Labeled system information as provided by the uname system call.',
          ['sysname', 'release', 'version', 'machine', 'nodename', 'domainname'],
        )
        .add(
          1,
          fact('ostype'),
          fact('osrelease'),
          fact('version'),
          system.architecture,
          fact('hostname'),
          fact('domainname'),
        )
    },
})
