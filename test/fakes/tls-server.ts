/** A server with TLS on loopback, whose certificate nobody has signed but itself, before a plain one. */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'

/** For localhost, until 2126, and for nothing but tests: the key is here for everybody to see. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVt1xUO3YrLwz6sAA
0GDCCSsBRuqghO2zLmKhIvMoXAOhRANCAAT7mP4SNUzxnOaEwZv4tEO3ZSALTSgO
ZcvB1fptMA0ljXeX6bSyxfAnpKoSLVpw6HW1N/tqej5ZeCr9i0ljxdRs
-----END PRIVATE KEY-----
`
const cert = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIULuKD6kDTRIrILtlGK5OHb0meRPgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIzNTMyNVoYDzIxMjYxMDI4
MjM1MzI1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT7mP4SNUzxnOaEwZv4tEO3ZSALTSgOZcvB1fptMA0ljXeX6bSyxfAn
pKoSLVpw6HW1N/tqej5ZeCr9i0ljxdRso2kwZzAdBgNVHQ4EFgQUvATyc1euYwA3
qa9FeyiwZ7L0J6AwHwYDVR0jBBgwFoAUvATyc1euYwA3qa9FeyiwZ7L0J6AwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAM0u9PTiRmqZ4p4jaOPefXkko5AaNT68siNYvC2Y6y+ZAiBZGIKMhoSe
tm5zo556wmi2+XP/YCrXnkaTqBJ0ACOw/g==
-----END CERTIFICATE-----
`

export interface TlsServer {
  port: number
  close(): void
}

/** @param port where what comes is passed on to, as it is */
export async function startTls(port: number): Promise<TlsServer> {
  const server = createServer({ key, cert }, (outside) => {
    const inside = connect(port, '127.0.0.1')
    outside.pipe(inside).pipe(outside)
    outside.on('error', () => inside.destroy()).on('close', () => inside.destroy())
    inside.on('error', () => outside.destroy())
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}
