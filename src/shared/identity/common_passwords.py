"""Passwords of at least eight characters that attackers try first, folded to lower case.

A short excerpt, in the order of public breach lists, with the words that Brazilian players add. It
stops the worst choices; what it does not know is slowed down by the lock after three failures.
"""

from typing import Final

_LISTED: Final = """
    12345678 123456789 1234567890 12345678910 123123123 987654321 0987654321 11111111 111111111
    1111111111 00000000 88888888 99999999 11223344 1122334455 12341234 12344321 87654321
    147258369 123654789 789456123 741852963 159753456 123321123 112233445566 102030405060
    10203040 01020304 password password1 password12 password123 password! passw0rd p@ssw0rd
    p@ssword pa55word passwort motdepasse contrasena contraseña senha123 senha1234 senha12345
    senha123456 minhasenha senhasenha suasenha mudar123 mudar1234 trocar123 acesso123 entrar123
    teste123 teste1234 qwertyui qwertyuiop qwerty123 qwerty1234 qwerty12345 1q2w3e4r 1q2w3e4r5t
    1qaz2wsx 1qaz2wsx3edc zaq12wsx q1w2e3r4 q1w2e3r4t5 asdfghjk asdfghjkl asdf1234 zxcvbnm123
    abcd1234 abc12345 abc123456 abcdefgh abcdefghi a1b2c3d4 aa123456 aa12345678 a123456789
    1234abcd 123456abc qazwsxedc qweasdzxc iloveyou iloveyou1 iloveyou2 teamo123 tequiero
    amormeus meuamor1 meuamor123 eteamo123 jesus123 jesuscristo deusefiel deusefiel1 deus1234
    euteamo1 familia1 familia123 felicidade flamengo flamengo1 flamengo10 flamengo123
    corinthians corinthians1 corinthians10 palmeiras palmeiras1 palmeiras123 vascodagama
    saopaulo saopaulo1 saopaulofc gremio123 cruzeiro cruzeiro1 botafogo internacional brasil123
    brasil2014 brasil10 futebol1 futebol123 neymar123 campeao1 football football1 baseball
    basketball superman superman1 batman123 princess princess1 sunshine sunshine1 dragon123
    starwars whatever trustno1 welcome1 welcome123 letmein1 letmein123 master123 monkey123
    shadow123 michael1 jennifer jordan23 computer internet samsung1 computador administrator
    administrador admin123 admin1234 admin12345 root1234 changeme changeme1 default1 secret123
    guest123 user1234 test1234 testtest casino123 cassino123 jackpot1 jackpot123 apostas1
    apostas123 aposta123 roleta123 tigrinho1 tigrinho123 pokemon123 minecraft roblox123
    google123 facebook1 instagram whatsapp1 bradesco1 itau1234 caixa123 nubank123
"""

COMMON_PASSWORDS: Final = frozenset(_LISTED.split())
