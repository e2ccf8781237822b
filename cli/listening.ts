/** Opens a server's port, or says in one line why it cannot be. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Refusal, systemErrorCode } from './refusal.ts'

function refusal(error: Error, port: number, host: string | undefined, prefix: string): Refusal {
  const code = systemErrorCode(error)
  const options = { cause: error }
  if (code === 'EADDRINUSE') {
    return new Refusal(
      `port ${port} is in use: choose another with --${prefix}port (0 takes any free one)`,
      undefined,
      options,
    )
  }
  if (code === 'EACCES') {
    return new Refusal(
      `port ${port} is not for this user: choose one above 1023 with --${prefix}port`,
      undefined,
      options,
    )
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Refusal(`--${prefix}host is "${host}", which is not an address of this machine`, undefined, options)
  }
  return new Refusal(`cannot listen on port ${port}: ${error.message}`, undefined, options)
}

/** Connections that wait to be taken. A crowd that comes back at once fills Node's 511; the system may allow fewer. */
const backlog = 4_096

/**
 * @param host every address of this machine when undefined
 * @param prefix of the two settings, `admin-` of `--admin-port`
 * @param isOwn the port is this process's alone, and not one of all workers
 * @throws Refusal
 */
export function listen(
  server: Server,
  port: number,
  host: string | undefined,
  prefix = '',
  isOwn = false,
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(refusal(error, port, host, prefix))
    server.once('error', fail)
    server.listen({ port, host, backlog, exclusive: isOwn }, () => {
      server.off('error', fail)
      resolve(server.address() as AddressInfo)
    })
  })
}
