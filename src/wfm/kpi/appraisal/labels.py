"""The words of the reports in English, Simplified and Traditional Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from wfm.checks import check_choice

__all__ = ["LABELS", "Language", "label"]


class Language(StrEnum):
    """Language of a report, by its BCP 47 tag."""

    ENGLISH = "en"
    SIMPLIFIED_CHINESE = "zh-Hans"
    TRADITIONAL_CHINESE = "zh-Hant"


LABELS: Mapping[str, tuple[str, str, str]] = {
    # Pages and sections.
    "employee_page": ("Appraisal of an employee", "员工绩效考核表", "員工績效考核表"),
    "team_page": ("Appraisal of a team", "团队绩效考核表", "團隊績效考核表"),
    "scores": ("Scores", "得分", "得分"),
    "lines": ("Indicators with their counts", "指标与原始计数", "指標與原始計數"),
    "groups": ("Groups", "指标组", "指標組"),
    "statement": ("Statement of incentives", "激励明细", "激勵明細"),
    "members": ("Members", "成员", "成員"),
    "ratings": ("Ratings", "评分", "評分"),
    "no_decision": (
        "This page describes and decides nothing. A person decides, after hearing the employee, who may appeal.",
        "本表仅作说明，不作任何决定。决定须由负责人听取员工意见后作出，员工有权申诉。",
        "本表僅作說明，不作任何決定。決定須由負責人聽取員工意見後作出，員工有權申訴。",
    ),
    "small_samples": (
        "Values of small samples are drawn towards the team's mean; the interval says how sure a value is.",
        "样本较小的数值向团队均值收缩；区间表示数值的可靠程度。",
        "樣本較小的數值向團隊均值收縮；區間表示數值的可靠程度。",
    ),
    "mix_note": (
        "The adjusted score compares with what the same shifts and queues would give anybody.",
        "调整后得分与同样班次、队列下任何人的预期结果相比较。",
        "調整後得分與同樣班次、佇列下任何人的預期結果相比較。",
    ),
    # Columns.
    "employee": ("employee", "员工", "員工"),
    "team": ("team", "团队", "團隊"),
    "period": ("period from", "考核期起始", "考核期起始"),
    "card": ("card", "评分卡", "評分卡"),
    "group": ("group", "指标组", "指標組"),
    "indicator": ("indicator", "指标", "指標"),
    "weight": ("weight", "权重", "權重"),
    "numerator": ("numerator", "分子", "分子"),
    "denominator": ("denominator", "分母", "分母"),
    "raw": ("as counted", "原始值", "原始值"),
    "value": ("estimate", "估计值", "估計值"),
    "low": ("low", "下限", "下限"),
    "high": ("high", "上限", "上限"),
    "toward": ("team's mean", "团队均值", "團隊均值"),
    "expected": ("expected of this mix", "同等工作预期值", "同等工作預期值"),
    "points": ("points", "得分", "得分"),
    "adjusted_points": ("adjusted points", "调整后得分", "調整後得分"),
    "share": ("adds to score", "计入总分", "計入總分"),
    "score": ("score", "总分", "總分"),
    "adjusted": ("adjusted score", "调整后得分", "調整後得分"),
    "known": ("weight known", "已知权重", "已知權重"),
    "place": ("place", "名次", "名次"),
    "grade": ("grade", "等级", "等級"),
    "p_top": ("chance of the best grade", "属最高等级的概率", "屬最高等級的機率"),
    "p_bottom": ("chance of the worst grade", "属最低等级的概率", "屬最低等級的機率"),
    "team_score": ("team's score", "团队得分", "團隊得分"),
    "employees": ("employees", "员工人数", "員工人數"),
    "scheme": ("scheme", "激励项目", "激勵項目"),
    "basis": ("basis", "计算依据", "計算依據"),
    "amount": ("amount", "金额", "金額"),
    "sum": ("sum", "合计", "合計"),
    "role": ("role", "评分人身份", "評分人身分"),
    "raters": ("raters", "评分人数", "評分人數"),
    "missing": ("missing raters", "缺少的评分人", "缺少的評分人"),
    # Grades.
    "excellent": ("excellent", "优秀", "優秀"),
    "good": ("good", "良好", "良好"),
    "medium": ("medium", "中等", "中等"),
    "qualified": ("qualified", "合格", "合格"),
    "unqualified": ("unqualified", "不合格", "不合格"),
    # Groups and indicators of the standard card.
    "attitude": ("attitude", "服务态度", "服務態度"),
    "ability": ("ability", "服务能力", "服務能力"),
    "efficiency": ("efficiency", "服务效率", "服務效率"),
    "satisfaction": ("satisfaction", "客户满意", "客戶滿意"),
    "courtesy": ("courtesy phrases", "礼貌用语使用率", "禮貌用語使用率"),
    "initiative": ("initiative", "主动性", "主動性"),
    "emotional_control": ("emotional control", "情绪控制", "情緒控制"),
    "expression": ("expression", "表达能力", "表達能力"),
    "product_knowledge": ("product knowledge", "产品知识", "產品知識"),
    "operation": ("operation", "业务操作", "業務操作"),
    "problem_solving": ("problem solving", "问题解决", "問題解決"),
    "teamwork": ("teamwork", "团队协作", "團隊協作"),
    "mean_response": ("mean response", "平均响应时间", "平均回應時間"),
    "survey_reply": ("survey replies", "评价回复率", "評價回覆率"),
    "handling_speed": ("handling speed", "处理速度", "處理速度"),
    "entry_accuracy": ("entry accuracy", "录入准确率", "輸入準確率"),
    "csat": ("CSAT", "客户满意度", "客戶滿意度"),
    "complaint_rate": ("complaint rate", "投诉率", "投訴率"),
    "repeat_inquiry": ("repeat inquiries", "重复咨询率", "重複諮詢率"),
    "win_back": ("win-back", "客户挽回率", "客戶挽回率"),
    # Schemes of incentives, by the names that they have where none is given.
    "individual tier": ("individual tier", "个人分级奖", "個人分級獎"),
    "pool by score": ("pool by score", "按得分分配的奖金池", "按得分分配的獎金池"),
    "team bonus": ("team bonus", "团队奖", "團隊獎"),
    "employee of the month": ("employee of the month", "月度最佳员工", "月度最佳員工"),
    "contribution of the quarter": ("contribution of the quarter", "季度贡献奖", "季度貢獻獎"),
    "year-end": ("year-end", "年终奖", "年終獎"),
    # Roles of raters.
    "self": ("self", "本人", "本人"),
    "department": ("department", "部门", "部門"),
    "company": ("company", "公司", "公司"),
    "peer": ("peer", "同级", "同級"),
    "superior": ("superior", "上级", "上級"),
    "subordinate": ("subordinate", "下级", "下級"),
}
"""Each word by language, in the order of `Language`."""


def label(name: str, language: Language | str = Language.ENGLISH) -> str:
    """Return the label of a column, section, grade, group, indicator, scheme or role; any other name stays as it is.

    Examples
    --------
    >>> label("grade", "zh-Hant"), label("csat", "zh-Hans"), label("our own indicator", "zh-Hans")
    ('等級', '客户满意度', 'our own indicator')
    """
    chosen = check_choice("language", language, Language)
    return LABELS[name][list(Language).index(chosen)] if name in LABELS else name
