/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/romanise.h"

#include "domain/fold.h"

/* clang-format off */
static const struct {
    uint16_t capital, small;
    const char *latin;
} letters[] = {
    { 0x0410, 0x0430, "a" },  { 0x04d8, 0x04d9, "a" },  { 0x0411, 0x0431, "b" },  { 0x0412, 0x0432, "v" },    /* А Ә Б В */
    { 0x0413, 0x0433, "g" },  { 0x0492, 0x0493, "g" },  { 0x0414, 0x0434, "d" },  { 0x0415, 0x0435, "e" },    /* Г Ғ Д Е */
    { 0x0401, 0x0451, "yo" }, { 0x0416, 0x0436, "zh" }, { 0x0417, 0x0437, "z" },  { 0x0418, 0x0438, "i" },    /* Ё Ж З И */
    { 0x0419, 0x0439, "y" },  { 0x041a, 0x043a, "k" },  { 0x049a, 0x049b, "k" },  { 0x041b, 0x043b, "l" },    /* Й К Қ Л */
    { 0x041c, 0x043c, "m" },  { 0x041d, 0x043d, "n" },  { 0x04a2, 0x04a3, "n" },  { 0x041e, 0x043e, "o" },    /* М Н Ң О */
    { 0x04e8, 0x04e9, "o" },  { 0x041f, 0x043f, "p" },  { 0x0420, 0x0440, "r" },  { 0x0421, 0x0441, "s" },    /* Ө П Р С */
    { 0x0422, 0x0442, "t" },  { 0x0423, 0x0443, "u" },  { 0x04b0, 0x04b1, "u" },  { 0x04ae, 0x04af, "u" },    /* Т У Ұ Ү */
    { 0x0424, 0x0444, "f" },  { 0x0425, 0x0445, "kh" }, { 0x04ba, 0x04bb, "h" },  { 0x0426, 0x0446, "ts" },   /* Ф Х Һ Ц */
    { 0x0427, 0x0447, "ch" }, { 0x0428, 0x0448, "sh" }, { 0x0429, 0x0449, "shch" }, { 0x042a, 0x044a, "" },   /* Ч Ш Щ Ъ */
    { 0x042b, 0x044b, "y" },  { 0x0406, 0x0456, "i" },  { 0x042c, 0x044c, "" },   { 0x042d, 0x044d, "e" },    /* Ы І Ь Э */
    { 0x042e, 0x044e, "yu" }, { 0x042f, 0x044f, "ya" },                                                       /* Ю Я */
};
/* clang-format on */

static const char *latin_of(uint32_t point)
{
    for (size_t i = 0; i < KADR_COUNT(letters); i++) {
        if (letters[i].capital == point || letters[i].small == point) {
            return letters[i].latin;
        }
    }
    return NULL;
}

static bool is_latin(uint32_t point)
{
    return (point >= 'A' && point <= 'Z') || (point >= 'a' && point <= 'z');
}

static void add_cased(struct kadr_buf *out, const char *latin, bool begins)
{
    for (; *latin != '\0'; latin++, begins = false) {
        bool small = *latin >= 'a' && *latin <= 'z', capital = *latin >= 'A' && *latin <= 'Z';

        kadr_buf_add_char(out, begins && small      ? (char)(*latin - 'a' + 'A')
                               : !begins && capital ? (char)(*latin - 'A' + 'a')
                                                    : *latin);
    }
}

void kadr_romanise(const char *name, struct kadr_buf *out)
{
    bool begins = true; /* a word */
    bool space = false; /* came last */
    uint32_t point;
    size_t used;

    for (; (used = kadr_text_next(name, &point)) > 0; name += used) {
        char ascii[2] = { (char)point, '\0' };
        const char *latin = is_latin(point) ? ascii : latin_of(point);

        if (latin != NULL) {
            add_cased(out, latin, begins);
            begins = begins && *latin == '\0';
        } else if (point != ' ' || !space) {
            kadr_text_add(out, point);
            begins = true;
        }
        space = point == ' ';
    }
}
