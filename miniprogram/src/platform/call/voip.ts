/** WeChat's own voice call of a group, for which the server signs. */
import type { VoipParameters } from '@/api/schema'

export function joinVoip(p: VoipParameters, muted: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    // #ifdef MP-WEIXIN
    wx.joinVoIPChat({
      roomType: p.room_type as 'voice' | 'video',
      groupId: p.group_id,
      nonceStr: p.nonce_str,
      timeStamp: p.time_stamp,
      signature: p.signature,
      muteConfig: { muteMicrophone: muted, muteEarphone: false },
      success: () => resolve(),
      fail: (e) => reject(new Error(e.errMsg)),
    })
    // #endif
    // #ifndef MP-WEIXIN
    reject(new Error(`no VoIP here ${p.group_id} ${muted}`))
    // #endif
  })
}

export function muteVoip(muted: boolean) {
  // #ifdef MP-WEIXIN
  wx.updateVoIPChatMuteConfig({ muteConfig: { muteMicrophone: muted, muteEarphone: false } })
  // #endif
}

export function leaveVoip() {
  // #ifdef MP-WEIXIN
  wx.exitVoIPChat({})
  // #endif
}

/** The call ended from outside: a broken network, another call. */
export function onVoipInterrupted(run: () => void) {
  // #ifdef MP-WEIXIN
  wx.onVoIPChatInterrupted(run)
  // #endif
}
