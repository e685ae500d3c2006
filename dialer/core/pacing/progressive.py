"""One call for each free operator: whoever answers is met, at the price of waiting operators."""

from dialer.core.pacing.values import Decision, Snapshot

RINGS_SECONDS = 40.0  # what a call may take until it is answered or given up


def one_for_each(now: Snapshot) -> Decision:
    staying = now.free - sum(away <= RINGS_SECONDS for away in now.leaving)
    wanted = staying - now.waiting - len(now.calls)
    if now.closes_in is not None and now.closes_in < RINGS_SECONDS:
        return Decision(0, 0.0, "受付終了が近いため、新しい発信を止めています")
    if now.free == 0:
        return Decision(0, 0.0, "空いている担当者がいません")
    if staying <= 0:
        return Decision(0, 0.0, "空いている担当者がまもなく休憩または勤務終了のため、新しい発信を止めています")
    if wanted <= 0:
        return Decision(0, 0.0, "空いている担当者の人数分を発信中です")
    if now.lines_free <= 0:
        return Decision(0, 0.0, "回線がすべて使用中です")
    if now.lines_free < wanted:
        return Decision(now.lines_free, 0.0, "空き回線の数まで発信します")
    return Decision(wanted, 0.0, "空いている担当者の人数分を発信します")
