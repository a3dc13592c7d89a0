import type { Worker } from 'node:cluster'

/** A handle of Node's own, such as a connection that is on its way to a worker. */
interface Connection {
  close: () => void
}

/**
 * Resets the connections that a worker was handed, and did not live to take. Node forgets about them: their clients would
 * wait for an answer until they lose patience, about one for each worker that is killed. What is relied on is how
 * `node:cluster` numbers and acknowledges its messages; were that to change, nothing would be found here, and be reset.
 */
export function resetLostConnections({ process: child }: Worker): void {
  const handedOver = new Map<unknown, Connection>()
  const send = child.send.bind(child)

  // The one way by which cluster sends.
  function sendAndKeep(...args: Parameters<typeof send>): boolean {
    const [message, handle] = args
    if (isHandover(message) && isConnection(handle)) handedOver.set(message.seq, handle)
    return send(...args)
  }

  child.send = sendAndKeep as typeof child.send
  child.on('internalMessage', ({ ack }: { ack?: unknown }) => handedOver.delete(ack))
  function reset(): void {
    for (const connection of handedOver.values()) connection.close()
    handedOver.clear()
  }
  child.once('exit', reset)
  // Until its channel is found closed as well, it may be handed one more.
  child.once('disconnect', reset)
}

function isHandover(message: unknown): message is { seq: unknown } {
  return typeof message === 'object' && message !== null && 'act' in message && message.act === 'newconn'
}

function isConnection(handle: unknown): handle is Connection {
  return typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function'
}
