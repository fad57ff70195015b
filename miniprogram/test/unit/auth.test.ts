import { expect, it } from 'vitest'
import { bySignInCode } from '@/platform/login'

it('signs in by a code, by what an old client encrypts, or not at all', () => {
  const errMsg = 'getPhoneNumber:ok'
  expect(bySignInCode('l', { code: 'p', encryptedData: 'd', iv: 'i', errMsg })).toEqual({ method: 'wechat', login_code: 'l', phone_code: 'p' })
  const old = { encryptedData: 'd', iv: 'i', errMsg }
  expect(bySignInCode('l', old)).toEqual({ method: 'wechat_encrypted', login_code: 'l', encrypted_data: 'd', iv: 'i', profile: undefined })
  const signed = { ...old, rawData: '{}', signature: 's' }
  expect(bySignInCode('l', signed)).toMatchObject({ profile: { raw_data: '{}', signature: 's' } })
  for (const [login, tap] of [['', old], ['l', { errMsg }], ['l', { iv: 'i', errMsg }]] as const) expect(bySignInCode(login, tap)).toBeUndefined()
})
