"""Brazil: what a person must read, in Portuguese and English, under versions.

A text in force is never edited: another wording is another version with its own date, because a
consent names the version that was on the screen.
"""

from datetime import date
from typing import Final

from shared.compliance.rules import Rule, Rules, Text

TEXTS: Final[Rules[Text]] = (
    Rule(
        rule_id="BR-TXT-01",
        value=Text(
            "terms",
            "br-2026-11",
            (
                ("pt-BR", "Tenho 18 anos ou mais e aceito os termos de uso."),
                ("en", "I am 18 or older and accept the terms of use."),
            ),
        ),
        source="GLI-19 §2.5.2; Portaria SPA/MF 1.231/2024 art. 31",
        certainty="operator",
        effective_from=date(2025, 1, 1),
    ),
    Rule(
        rule_id="BR-TXT-02",
        value=Text(
            "privacy",
            "br-2026-11",
            (
                ("pt-BR", "Li e aceito a política de privacidade."),
                ("en", "I have read and accept the privacy notice."),
            ),
        ),
        source="Lei 13.709/2018 (LGPD) art. 9",
        certainty="operator",
        effective_from=date(2025, 1, 1),
    ),
    Rule(
        rule_id="BR-ADV-01",
        value=Text(
            "warning",
            "br-2026-07",
            (
                ("pt-BR", "Ministério da Fazenda adverte: Apostar pode causar dependência."),
                ("en", "The Ministry of Finance warns: betting can cause addiction."),
            ),
        ),
        source="Portaria SPA/MF 1.964/2026; the English text is our translation",
        certainty="secondary",
        effective_from=date(2026, 7, 17),
    ),
    Rule(
        rule_id="BR-RG-10",
        value=Text(
            "rtp_note",
            "br-2026-11",
            (
                (
                    "pt-BR",
                    "O RTP é uma média de longo prazo do jogo, não uma expectativa individual.",
                ),
                ("en", "The RTP is a long-run average of the game, not what one person gets back."),
            ),
        ),
        source="Portaria SPA/MF 1.231/2024 art. 2 XX as amended by 2.579/2025",
        certainty="primary",
        effective_from=date(2025, 11, 10),
    ),
    Rule(
        rule_id="BR-IMP-05",
        value=Text(
            "check_pending",
            "br-2026-11",
            (
                ("pt-BR", "As verificações regulatórias estão sendo concluídas."),
                ("en", "Regulatory checks are being completed."),
            ),
        ),
        source="SPA/MF, questions on social benefits, item 4",
        certainty="primary",
        effective_from=date(2025, 11, 1),
    ),
    Rule(
        rule_id="BR-RG-07",
        value=Text(
            "central_exclusion",
            "br-2026-11",
            (
                (
                    "pt-BR",
                    (
                        "Na plataforma do governo você se bloqueia em todas as casas autorizadas"
                        " de uma só vez: de 1 a 12 meses, sem volta, ou por tempo indeterminado."
                        " É gratuito."
                    ),
                ),
                (
                    "en",
                    (
                        "On the government's platform you bar yourself from all licensed houses at"
                        " once: for 1 to 12 months, irrevocably, or without an end. It is free."
                    ),
                ),
            ),
            "https://www.gov.br/autoexclusaoapostas",
        ),
        source="Portaria SPA/MF 2.579/2025; IN SPA/MF 31/2025; the wording is the house's",
        certainty="secondary",
        effective_from=date(2025, 12, 10),
    ),
    Rule(
        rule_id="BR-TXT-03",
        value=Text(
            "self_exclusion",
            "br-2026-11",
            (
                (
                    "pt-BR",
                    (
                        "A autoexclusão vale na hora e ninguém a encurta, nem nós. Você não"
                        " aposta, não deposita e não recebe bônus nem propaganda até o fim. O seu"
                        " saldo continua seu: você pode sacar quando quiser."
                    ),
                ),
                (
                    "en",
                    (
                        "Self-exclusion takes effect at once and nobody can shorten it, not even"
                        " us. You cannot bet or deposit and get no bonus and no advertising until"
                        " its end. Your balance stays yours: you can withdraw it at any time."
                    ),
                ),
            ),
        ),
        source="Portaria SPA/MF 1.231/2024 art. 4 as amended by 2.579/2025; the wording is the"
        " house's",
        certainty="operator",
        effective_from=date(2025, 1, 1),
    ),
)
