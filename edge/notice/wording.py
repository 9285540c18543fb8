"""What the sign says, in the languages of mien.

It tells what runs and what becomes of the picture, and claims no more than is so: that a face *seems* to show
something, never that somebody feels it.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """The words of one language.

    Attributes:
        fonts: families that have its letters, as its readers write them, for CSS and SVG.
        title: its lines, each short enough for large letters.
        points: heading and sentences of each part.
        more: stands beside the QR code.
    """

    fonts: str
    title: tuple[str, ...]
    lead: str
    points: tuple[tuple[str, str], ...]
    responsible: str
    purpose: str
    contact: str
    more: str

    @property
    def heading(self) -> str:
        """The title in one line; a script that is wide has no spaces between words, but for Hangul."""
        has_spaces = any(" " in text for _, text in self.points)
        return (" " if has_spaces else "").join(self.title)


_LATIN_FONTS = "'Noto Sans', 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"

WORDINGS: Mapping[str, Wording] = {
    "en": Wording(
        fonts=_LATIN_FONTS,
        title=("A camera here reads", "facial expressions"),
        lead="A computer program estimates which expression the faces in front of the camera seem to show.",
        points=(
            (
                "What it does",
                "It finds faces and describes each by a word for how it looks, such as happy, surprise or "
                "neutral, and a number for how sure it is.",
            ),
            (
                "What it does not do",
                "It does not know what you feel, and its estimates are often wrong. It does not identify you.",
            ),
            (
                "Your picture",
                "Each picture is processed inside the device and discarded at once. No picture leaves the "
                "device, and none is kept. Only words and numbers are passed on.",
            ),
            (
                "If you do not want this",
                "Please keep out of the camera’s view, or contact us as stated below.",
            ),
        ),
        responsible="Responsible",
        purpose="Purpose",
        contact="Questions",
        more="More information",
    ),
    "ja": Wording(
        fonts="'Noto Sans JP', 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', Meiryo, sans-serif",
        title=("ここではカメラで", "表情を読み取っています"),
        lead="コンピュータープログラムが、カメラに映った顔の見かけの表情を自動的に推定しています。",
        points=(
            (
                "行っていること",
                "顔を検出し、「喜び」「驚き」「無表情」など、どのような表情に見えるかを言葉で表し、その確からしさを数値で示します。",
            ),
            (
                "行わないこと",
                "本当のお気持ちを知ることはできず、推定が誤ることも少なくありません。個人の識別は行いません。",
            ),
            (
                "映像の取り扱い",
                "映像は装置の内部だけで処理し、直ちに消去します。装置の外へ送信することも、保存することもありません。"
                "外部に伝えるのは言葉と数値だけです。",
            ),
            (
                "望まれない場合",
                "カメラに映らない場所をお通りになるか、下記までお申し出ください。",
            ),
        ),
        responsible="責任者",
        purpose="目的",
        contact="お問い合わせ先",
        more="詳しい情報",
    ),
    "ko": Wording(
        fonts="'Noto Sans KR', 'Noto Sans CJK KR', 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif",
        title=("이곳에서는 카메라로", "얼굴 표정을 판독합니다"),
        lead="컴퓨터 프로그램이 카메라에 비친 얼굴의 겉으로 보이는 표정을 자동으로 추정합니다.",
        points=(
            (
                "하는 일",
                "얼굴을 찾아 ‘행복’, ‘놀람’, ‘무표정’ 등 어떤 표정으로 보이는지를 단어로 나타내고, 그 확신도를 "
                "수치로 표시합니다.",
            ),
            (
                "하지 않는 일",
                "실제로 어떤 감정인지는 알 수 없으며, 추정이 틀리는 경우도 많습니다. 개인을 식별하지 않습니다.",
            ),
            (
                "영상 처리",
                "영상은 기기 안에서만 처리되고 즉시 삭제됩니다. 영상은 기기 밖으로 전송되지 않으며 저장되지도 "
                "않습니다. 단어와 수치만 전달됩니다.",
            ),
            (
                "원하지 않으시면",
                "카메라에 비치지 않는 곳을 이용하시거나 아래로 문의해 주시기 바랍니다.",
            ),
        ),
        responsible="책임자",
        purpose="목적",
        contact="문의처",
        more="자세한 정보",
    ),
    "ru": Wording(
        fonts=_LATIN_FONTS,
        title=("Здесь камера", "считывает", "выражения лиц"),
        lead="Программа автоматически оценивает, какое выражение видно на лицах перед камерой.",
        points=(
            (
                "Что делает программа",
                "Она находит лица и описывает вид каждого словом, например «радость», «удивление» или "
                "«нейтральное», и числом, которое показывает степень уверенности.",
            ),
            (
                "Чего она не делает",
                "Она не знает, что вы чувствуете, и нередко ошибается. Она не устанавливает вашу личность.",
            ),
            (
                "Ваше изображение",
                "Изображение обрабатывается внутри устройства и сразу удаляется. Оно не покидает устройство "
                "и не сохраняется. Передаются только слова и числа.",
            ),
            (
                "Если вы этого не хотите",
                "Пожалуйста, не входите в поле зрения камеры или свяжитесь с нами, как указано ниже.",
            ),
        ),
        responsible="Ответственное лицо",
        purpose="Цель",
        contact="Вопросы",
        more="Подробнее",
    ),
    "zh-Hant": Wording(
        fonts="'Noto Sans TC', 'Noto Sans CJK TC', 'PingFang TC', 'Microsoft JhengHei', sans-serif",
        title=("此處以攝影機", "判讀臉部表情"),
        lead="電腦程式會自動推估鏡頭前的臉孔看起來呈現何種表情。",
        points=(
            (
                "這套程式做什麼",
                "程式會偵測臉孔，以「開心」、「驚訝」、「中性」等詞語描述每張臉看起來的表情，並以數值表示判讀的把握程度。",
            ),
            (
                "這套程式不做什麼",
                "程式無法得知您真正的感受，推估結果也常有錯誤。程式不會辨識您的身分。",
            ),
            (
                "影像的處理方式",
                "影像只在裝置內處理，處理後立即捨棄，不會傳出裝置，也不會留存。對外傳送的只有詞語與數值。",
            ),
            (
                "若您不願意被判讀",
                "請避開鏡頭的拍攝範圍，或依下列方式與我們聯絡。",
            ),
        ),
        responsible="負責單位",
        purpose="目的",
        contact="洽詢方式",
        more="更多資訊",
    ),
}
