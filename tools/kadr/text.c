/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <string.h>

#include "domain/phrase.h"

/* clang-format off */
static const char *const texts[TEXT_COUNT_][KADR_LANG_COUNT] = {
    [TEXT_COMMITTED] = {
        "{0}: taken as number {1}: {2} accepted, {3} rejected",
        "{0}: принят под номером {1}: принято {2}, отклонено {3}",
        "{0}: {1} нөмірімен қабылданды: қабылданғаны {2}, қабылданбағаны {3}" },
    [TEXT_DUPLICATE] = {
        "{0}: was taken before, as number {1}: {2} accepted, {3} rejected",
        "{0}: уже был принят под номером {1}: принято {2}, отклонено {3}",
        "{0}: бұрын {1} нөмірімен қабылданған: қабылданғаны {2}, қабылданбағаны {3}" },
    [TEXT_REFUSED] = {
        "{0}: refused, recorded as number {1}: nothing of it takes force",
        "{0}: отклонён, записан под номером {1}: ничто из него не вступает в силу",
        "{0}: қабылданбады, {1} нөмірімен жазылды: одан ештеңе күшіне енбейді" },
    [TEXT_HELD] = {
        "{0}: held for review as number {1}: nothing of it takes force yet",
        "{0}: отложен на проверку под номером {1}: пока ничто из него не вступает в силу",
        "{0}: {1} нөмірімен тексеруге қалдырылды: әзірге одан ештеңе күшіне енбейді" },
    [TEXT_ONE_REPLACES] = {
        "--replaces takes one file: the one that takes the place of that report",
        "--replaces требует одного файла: того, который заменяет этот отчёт",
        "--replaces бір ғана файлды талап етеді: сол есепті ауыстыратын файлды" },
    [TEXT_SOME_HELD] = {
        "{0}: held as implausible, not counted until confirmed: {1}",
        "{0}: отложено как неправдоподобное, не учитывается до подтверждения: {1}",
        "{0}: шындыққа жанаспайтын деп кейінге қалдырылды, расталғанша есепке алынбайды: {1}" },
    [TEXT_DRY_RUN] = {
        "{0}: checked, not sent: {1} would be accepted, {2} rejected",
        "{0}: проверен, не отправлен: было бы принято {1}, отклонено {2}",
        "{0}: тексерілді, жіберілген жоқ: {1} қабылданар еді, {2} қабылданбас еді" },
    [TEXT_NOT_SENT] = { "{0}: not sent", "{0}: не отправлен", "{0}: жіберілген жоқ" },
    [TEXT_IN_OUTBOX] = {
        "{0} {0:report waits|reports wait}, safe in the outbox; {1} does not answer; {0:it goes|they go} out at the next `kadr push`",
        "{0} {0:отчёт ждёт|отчёта ждут|отчётов ждут} отправки, {0:он сохранён|они сохранены|они сохранены} в исходящих; {1} не отвечает; {0:он уйдёт|они уйдут|они уйдут} при следующем `kadr push`",
        "{0} есеп жіберуді күтіп тұр, шығыс қалтасында сақтаулы; {1} жауап бермейді; келесі `kadr push` кезінде жіберіледі" },
    [TEXT_INTERRUPTED] = {
        "stopped; {0} {0:report waits|reports wait}, safe in the outbox; {0:it goes|they go} out at the next `kadr push`",
        "остановлено; {0} {0:отчёт ждёт|отчёта ждут|отчётов ждут} отправки, {0:он сохранён|они сохранены|они сохранены} в исходящих и {0:уйдёт|уйдут|уйдут} при следующем `kadr push`",
        "тоқтатылды; {0} есеп жіберуді күтіп тұр, шығыс қалтасында сақтаулы; келесі `kadr push` кезінде жіберіледі" },
    [TEXT_DELAYED] = {
        "{0} {0:report waits|reports wait}, safe in the outbox; {1} cannot take {0:it|them} now: {2}; {0:it goes|they go} out at the next `kadr push`",
        "{0} {0:отчёт ждёт|отчёта ждут|отчётов ждут} отправки, {0:он сохранён|они сохранены|они сохранены} в исходящих; {1} сейчас {0:его|их|их} не принимает: {2}; {0:он уйдёт|они уйдут|они уйдут} при следующем `kadr push`",
        "{0} есеп жіберуді күтіп тұр, шығыс қалтасында сақтаулы; {1} қазір қабылдай алмайды: {2}; келесі `kadr push` кезінде жіберіледі" },
    [TEXT_BLOCKED] = {
        "the server takes nothing from this outbox: {0}; {1} {1:report waits|reports wait}, safe in it",
        "сервер ничего не принимает из этих исходящих: {0}; {1} {1:отчёт ждёт|отчёта ждут|отчётов ждут} отправки, {1:он сохранён|они сохранены|они сохранены}",
        "сервер бұл шығыс қалтасынан ештеңе қабылдамайды: {0}; {1} есеп сақтаулы, күтіп тұр" },
    [TEXT_EMPTY] = {
        "nothing waits in the outbox",
        "в исходящих ничего не ждёт отправки",
        "шығыс қалтасында күтіп тұрған ештеңе жоқ" },
    [TEXT_NO_OFFICE] = {
        "say which office reports: --office CODE, or `office = CODE` in section [kadr] of the configuration",
        "укажите, кто отчитывается: --office КОД или `office = КОД` в разделе [kadr] файла настроек",
        "кім есеп беретінін көрсетіңіз: --office КОД немесе баптау файлының [kadr] бөлімінде `office = КОД`" },
    [TEXT_NO_HOME] = {
        "no place for the outbox: say --outbox FOLDER, or `outbox = FOLDER` in section [kadr] of the configuration (HOME is not set)",
        "негде хранить исходящие: укажите --outbox ПАПКА или `outbox = ПАПКА` в разделе [kadr] файла настроек (HOME не задан)",
        "шығыс қалтасына орын жоқ: --outbox ҚАЛТА немесе баптау файлының [kadr] бөлімінде `outbox = ҚАЛТА` көрсетіңіз (HOME берілмеген)" },
    [TEXT_HELD_BY_OTHER] = {
        "{0}: another push is at work here; try again when it has ended",
        "{0}: здесь идёт другая отправка; повторите, когда она закончится",
        "{0}: мұнда басқа жіберу жүріп жатыр; ол аяқталған соң қайталаңыз" },
    [TEXT_NO_FILE] = {
        "{0}: there is no such file",
        "{0}: нет такого файла",
        "{0}: мұндай файл жоқ" },
    [TEXT_UNREADABLE] = {
        "{0}: cannot be read",
        "{0}: не удаётся прочитать",
        "{0}: оқу мүмкін емес" },
    [TEXT_SILENT] = {
        "{0} at {1} does not answer",
        "{0} по адресу {1} не отвечает",
        "{1} мекенжайындағы {0} жауап бермейді" },
    [TEXT_TOO_WIDE] = {
        "{0} at {1} is there, but gave no answer within {2}; the question may be too wide: narrow it with --unit or --indicator, or raise --timeout",
        "{0} по адресу {1} на месте, но за {2} не ответил; возможно, вопрос слишком широк: сузьте его с --unit или --indicator либо увеличьте --timeout",
        "{1} мекенжайындағы {0} орнында, бірақ {2} ішінде жауап бермеді; сұрау тым кең болуы мүмкін: оны --unit не --indicator арқылы тарылтыңыз немесе --timeout мәнін ұлғайтыңыз" },
    [TEXT_CANNOT_ANSWER] = {
        "{0} at {1} cannot answer now: {2}",
        "{0} по адресу {1} сейчас не может ответить: {2}",
        "{1} мекенжайындағы {0} қазір жауап бере алмайды: {2}" },
    [TEXT_ASKED_WRONG] = {
        "the question was refused: {0}",
        "запрос отклонён: {0}",
        "сұрау қабылданбады: {0}" },
    [TEXT_HEADING] = {
        "{0} ({1}) · as of {2} · commit {3}",
        "{0} ({1}) · на {2} · запись {3}",
        "{0} ({1}) · {2} күнгі жағдай · {3}-жазба" },
    [TEXT_HEADING_PERIOD] = {
        "{0} ({1}) · period {2} · stocks as of {3}",
        "{0} ({1}) · период {2} · показатели на дату — на {3}",
        "{0} ({1}) · {2} кезеңі · күнге берілетін көрсеткіштер — {3} күнгі жағдай" },
    [TEXT_HEADING_COMMIT] = { " · commit {0}", " · запись {0}", " · {0}-жазба" },
    [TEXT_HEADING_COMMIT_KNOWN] = {
        " · as known at commit {0}",
        " · как было известно на записи {0}",
        " · {0}-жазбада белгілі болғаны бойынша" },
    [TEXT_NO_CELLS] = {
        "no figures match",
        "таких показателей нет",
        "мұндай көрсеткіштер жоқ" },
    [TEXT_BARE] = {
        "{0} {0:row|rows} without a figure not shown (--format csv shows {0:it|them})",
        "без цифры {0} {0:строка, она не показана|строки, они не показаны|строк, они не показаны} (--format csv покажет {0:её|их|их})",
        "сансыз {0} жол көрсетілмеген (--format csv көрсетеді)" },
    [TEXT_NARROWER] = {
        "{0} {0:row|rows} with the same figure for a narrower period not shown (--period or --format csv shows {0:it|them})",
        "{0} {0:строка|строки|строк} с той же цифрой за более короткий период не {0:показана|показаны|показано} ({0:её|их|их} покажет --period или --format csv)",
        "қысқарақ кезеңге сол сан тұрған {0} жол көрсетілмеген (--period немесе --format csv көрсетеді)" },
    [TEXT_NARROWER_CHANGES] = {
        "{0} {0:row|rows} with the same change for a narrower period not shown (--format csv shows {0:it|them})",
        "{0} {0:строка|строки|строк} с тем же изменением за более короткий период не {0:показана|показаны|показано} ({0:её|их|их} покажет --format csv)",
        "қысқарақ кезеңге сол өзгеріс тұрған {0} жол көрсетілмеген (--format csv көрсетеді)" },
    [TEXT_ALL] = { "all", "всего", "барлығы" },
    [TEXT_PARTS] = { "not all parts are known", "известны не все части", "барлық бөліктері белгілі емес" },
    [TEXT_NO_FIGURE] = { "no figure", "нет цифры", "сан жоқ" },
    [TEXT_NO_FIGURE_BECAUSE] = { "no figure ({0})", "нет цифры ({0})", "сан жоқ ({0})" },
    [TEXT_NOT_STATED] = { "not stated", "число не названо", "саны айтылмаған" },
    [TEXT_NOT_REPORTED] = { "not reported", "не сообщено", "хабарланбаған" },
    [TEXT_NOT_APPLICABLE] = { "not applicable", "не применимо", "қолданылмайды" },
    [TEXT_WITHHELD] = { "withheld", "не публикуется", "жарияланбайды" },
    [TEXT_SUPPRESSED] = { "suppressed", "скрыто (малое число)", "жасырылған (аз сан)" },
    [TEXT_UNKNOWN] = { "unknown", "неизвестно", "белгісіз" },
    [TEXT_OF_COUNTRIES] = { "{0} of {1} {1:country|countries}", "{0} из {1} {1:страны|стран|стран}", "{1} елден {0}" },
    [TEXT_OF_REGIONS] = { "{0} of {1} {1:region|regions}", "{0} из {1} {1:региона|регионов|регионов}", "{1} өңірден {0}" },
    [TEXT_OF_DISTRICTS] = { "{0} of {1} {1:district|districts}", "{0} из {1} {1:района|районов|районов}", "{1} ауданнан {0}" },
    [TEXT_OF_FACILITIES] = { "{0} of {1} {1:facility|facilities}", "{0} из {1} {1:организации|организаций|организаций}", "{1} ұйымнан {0}" },
    [TEXT_FROM] = { "reporters: {0}", "сообщили: {0}", "хабарлағандар: {0}" },
    [TEXT_KNOWN_UP_TO] = { "known up to {0}", "известно до {0}", "белгілісі {0} дейін" },
    [TEXT_OUTSTANDING] = {
        "unexplained {0} outstanding",
        "не объяснено частями: {0}",
        "бөліктерімен түсіндірілмегені: {0}" },
    [TEXT_CONTRADICTION] = {
        "unexplained {0} contradiction",
        "противоречит своим частям: {0}",
        "өз бөліктеріне қайшы: {0}" },
    [TEXT_HOLDS] = { "the rule holds", "правило соблюдается", "ереже сақталады" },
    [TEXT_BROKEN] = { "THE RULE IS BROKEN", "ПРАВИЛО НАРУШЕНО", "ЕРЕЖЕ БҰЗЫЛҒАН" },
    [TEXT_CANNOT_TELL] = {
        "cannot be told whether the rule holds",
        "нельзя сказать, соблюдается ли правило",
        "ереженің сақталатыны белгісіз" },
    [TEXT_BY] = { "by {0}", "к {0}", "{0} дейін" },
    [TEXT_COLUMN_PLAN] = { "plan", "план", "жоспар" },
    [TEXT_COLUMN_DUE] = { "due", "срок", "мерзімі" },
    [TEXT_COLUMN_PLANNED] = { "planned", "намечено", "көзделгені" },
    [TEXT_COLUMN_FACT] = { "fact", "факт", "факт" },
    [TEXT_COLUMN_DONE] = { "done", "сделано", "орындалғаны" },
    [TEXT_COLUMN_LEFT] = { "left", "осталось", "қалғаны" },
    [TEXT_COLUMN_STATE] = { "state", "состояние", "күйі" },
    [TEXT_PLAN_UNKNOWN] = { "cannot be told", "сказать нельзя", "айту мүмкін емес" },
    [TEXT_PLAN_ON_THE_WAY] = { "on the way", "выполняется", "орындалып жатыр" },
    [TEXT_PLAN_AHEAD] = { "done ahead of time", "выполнено досрочно", "мерзімінен бұрын орындалды" },
    [TEXT_PLAN_FULFILLED] = { "done", "выполнено", "орындалды" },
    [TEXT_PLAN_OVERDUE] = { "OVERDUE", "ПРОСРОЧЕНО", "МЕРЗІМІ ӨТТІ" },
    [TEXT_NO_PLANS] = { "no plans match", "таких планов нет", "мұндай жоспарлар жоқ" },
    [TEXT_NO_FACTS] = {
        "the catalogue names no fact",
        "факт в каталоге не назван",
        "каталогта факт аталмаған" },
    [TEXT_NOT_A_PLAN] = {
        "the indicator \"{0}\" is no plan",
        "показатель «{0}» — не план",
        "«{0}» көрсеткіші — жоспар емес" },
    [TEXT_STALE] = { "stale: {0}", "устарело: {0}", "ескіргені: {0}" },
    [TEXT_READY] = { "ready", "работает", "жұмыс істеп тұр" },
    [TEXT_NOT_READY] = { "not ready: {0}", "не готов: {0}", "дайын емес: {0}" },
    [TEXT_DOWN] = { "does not answer", "не отвечает", "жауап бермейді" },
    [TEXT_STATUS_HEAD] = {
        "commit {0} · lag {1} · day {2}",
        "запись {0} · отставание {1} · день {2}",
        "{0}-жазба · кешігуі {1} · күні {2}" },
    [TEXT_FOLLOWING] = {
        "following from commit {0}, day {1}",
        "слежу с записи {0}, день {1}",
        "{0}-жазбадан бастап, {1} күнінен қадағалау" },
    [TEXT_GAP] = {
        "something may have been missed ({0}): taking a new snapshot",
        "возможно, что-то пропущено ({0}): беру новый снимок",
        "бірдеңе өткізіп алынған болуы мүмкін ({0}): жаңа көрініс алынады" },
    [TEXT_STALLED] = {
        "no sign of life: what was shown may be old",
        "нет признаков жизни: показанное могло устареть",
        "тіршілік белгісі жоқ: көрсетілгені ескірген болуы мүмкін" },
    [TEXT_RESUMED] = { "alive again", "связь восстановлена", "байланыс қалпына келді" },
    [TEXT_APPLIED] = {
        "taken into force as commit {0}",
        "вступило в силу как запись {0}",
        "{0}-жазба ретінде күшіне енді" },
    [TEXT_UNCHANGED] = {
        "equal to the version in force: nothing to do",
        "совпадает с действующей версией: делать нечего",
        "қолданыстағы нұсқамен бірдей: істейтін ештеңе жоқ" },
    [TEXT_WOULD_APPLY] = {
        "checked: could be taken into force; nothing was changed",
        "проверено: может вступить в силу; ничего не изменено",
        "тексерілді: күшіне ене алады; ештеңе өзгертілген жоқ" },
    [TEXT_NOT_APPLIED] = {
        "refused: nothing was changed",
        "отклонено: ничего не изменено",
        "қабылданбады: ештеңе өзгертілген жоқ" },
    [TEXT_UNIT_ADDED] = {
        "+ {0} {1} / {3}: new, in {2}",
        "+ {0} {1} / {3}: новая единица, в {2}",
        "+ {0} {1} / {3}: жаңа бірлік, {2} құрамында" },
    [TEXT_UNIT_RENAMED] = {
        "~ {0}: \"{2}\" becomes \"{3}\"",
        "~ {0}: «{2}» переименовано в «{3}»",
        "~ {0}: «{2}» атауы «{3}» болып өзгерді" },
    [TEXT_UNIT_MOVED] = {
        "~ {0} {1}: in {2} from {3} on",
        "~ {0} {1}: с {3} в составе {2}",
        "~ {0} {1}: {3} бастап {2} құрамында" },
    [TEXT_UNIT_CLOSED] = {
        "~ {0} {1}: closed, last day {3}",
        "~ {0} {1}: закрыта, последний день {3}",
        "~ {0} {1}: жабылды, соңғы күні {3}" },
    [TEXT_UNIT_ALIAS] = {
        "~ {0} {1}: {3} is another code for it",
        "~ {0} {1}: {3} — ещё один её код",
        "~ {0} {1}: {3} — оның тағы бір коды" },
    [TEXT_UNIT_REPAIRED] = {
        "name repaired: {2} -> {3}",
        "название исправлено: {2} -> {3}",
        "атауы түзетілді: {2} -> {3}" },
    [TEXT_UNIT_MIXED] = {
        "strange letters in the Kazakh name, left as they are: {2}",
        "чужие буквы в казахском названии, оставлены как есть: {2}",
        "қазақша атауда бөтен әріптер бар, сол күйінде қалды: {2}" },
    [TEXT_UNIT_NAMES] = {
        "{0} is \"{3}\"; kept as another name of it: \"{2}\"",
        "{0} — это «{3}»; записано как другое название: «{2}»",
        "{0} — «{3}»; басқа атауы ретінде жазылды: «{2}»" },
    [TEXT_UNIT_MISSING] = {
        "? {0} {1}: not in the classifier any more; it stays, unless --close names its last day",
        "? {0} {1}: в классификаторе больше нет; остаётся, если --close не назовёт последний день",
        "? {0} {1}: жіктеуіште енді жоқ; --close соңғы күнін көрсетпесе, қалады" },
    [TEXT_UNIT_SETTLEMENTS] = {
        "{0} {0:row|rows} of the classifier below the districts left out",
        "{0} {0:строка классификатора ниже районов пропущена|строки классификатора ниже районов пропущены|строк классификатора ниже районов пропущено}",
        "жіктеуіштің аудандардан төмен {0} жолы алынбады" },
    [TEXT_UNITS_COUNTED] = {
        "added: {0}, renamed: {1}, moved: {2}, closed: {3}",
        "добавлено: {0}, переименовано: {1}, перемещено: {2}, закрыто: {3}",
        "қосылды: {0}, атауы өзгерді: {1}, көшті: {2}, жабылды: {3}" },
    [TEXT_UNITS_COUNTED_MORE] = {
        "other codes: {0}, names repaired: {1}, rows left out: {2}, not listed any more: {3}",
        "других кодов: {0}, исправлено названий: {1}, пропущено строк: {2}, больше не в списке: {3}",
        "басқа кодтар: {0}, түзетілген атаулар: {1}, алынбаған жолдар: {2}, тізімде енді жоқ: {3}" },
    [TEXT_UNITS_WRITTEN] = {
        "written to {0}; it takes force with `kadr reference apply`",
        "записано в {0}; вступит в силу после `kadr reference apply`",
        "{0} файлына жазылды; `kadr reference apply` кейін күшіне енеді" },
    [TEXT_UNITS_APART] = {
        "written to {0}; `kadr reference apply` takes it into force when it stands as units.csv in the reference folder (--write puts it there)",
        "записано в {0}; `kadr reference apply` введёт его в силу, когда он будет лежать в папке справочников как units.csv (--write кладёт его туда)",
        "{0} файлына жазылды; анықтамалықтар қалтасында units.csv болып тұрғанда `kadr reference apply` оны күшіне енгізеді (--write оны сонда қояды)" },
    [TEXT_UNITS_NOT_WRITTEN] = {
        "nothing was written",
        "ничего не записано",
        "ештеңе жазылған жоқ" },
    [TEXT_BORDERS_TODAY] = { "on today's borders", "в сегодняшних границах", "бүгінгі шекараларда" },
    [TEXT_CHANGE_REFERENCE] = { "reference", "справочник", "анықтамалық" },
    [TEXT_CHANGE_AGED] = { "aged", "устарело", "ескірді" },
    [TEXT_CHANGE_WITHDRAWN] = { "withdrawn", "отозвано", "қайтарып алынды" },
    [TEXT_CHANGE_CORRECTED] = { "corrected", "исправлено", "түзетілді" },
    [TEXT_CHANGE_NEW] = { "new", "новое", "жаңа" },
    [TEXT_CHANGE_COMPLETED] = { "completed", "дополнено", "толықтырылды" },
    [TEXT_CHANGE_UPDATED] = { "updated", "обновлено", "жаңартылды" },
    [TEXT_CHANGE_REFRESHED] = { "refreshed", "уточнено", "нақтыланды" },
    [TEXT_CANNOT_WRITE] = {
        "cannot write {0}: {1}",
        "не удаётся записать {0}: {1}",
        "{0} файлын жазу мүмкін емес: {1}" },
    [TEXT_HEADING_KNOWN] = {
        "{0} ({1}) · as of {2} · as known at commit {3}",
        "{0} ({1}) · на {2} · как было известно на записи {3}",
        "{0} ({1}) · {2} күнгі жағдай · {3}-жазбада белгілі болғаны бойынша" },
    [TEXT_DIFF_HEADING] = {
        "changes from commit {0} ({1}) to commit {2} ({3})",
        "изменения от записи {0} ({1}) до записи {2} ({3})",
        "{0}-жазбадан ({1}) {2}-жазбаға ({3}) дейінгі өзгерістер" },
    [TEXT_DIFF_SINCE_NOTHING] = {
        "everything known at commit {0} ({1}); before, nothing was",
        "всё, что известно на записи {0} ({1}); до того ничего не было",
        "{0}-жазбада ({1}) белгілінің бәрі; бұрын ештеңе болмаған" },
    [TEXT_NO_CHANGES] = {
        "nothing changed",
        "ничего не изменилось",
        "ештеңе өзгерген жоқ" },
    [TEXT_BARE_CHANGES] = {
        "without a figure before and after, not shown: {0} (--format csv shows them)",
        "без цифры до и после, не показано: {0} (--format csv покажет их)",
        "бұрын да, кейін де сансыз, көрсетілмегені: {0} (--format csv көрсетеді)" },
    [TEXT_NOT_SHOWN] = { "not published", "не публиковалось", "жарияланбаған" },
    [TEXT_PREVIEW] = {
        "figures that would change, as known at commit {1}: {0}",
        "изменилось бы показателей, по состоянию на запись {1}: {0}",
        "өзгеретін көрсеткіштер, {1}-жазба бойынша: {0}" },
    [TEXT_PREVIEW_GONE] = {
        "  of them no longer published: {0}",
        "  из них больше не публиковались бы: {0}",
        "  олардың ішінде енді жарияланбайтыны: {0}" },
    [TEXT_PREVIEW_MORE] = {
        "not shown: {0} (--json shows more)",
        "не показано: {0} (--json покажет больше)",
        "көрсетілмегені: {0} (--json көбірек көрсетеді)" },
    [TEXT_NO_PREVIEW] = {
        "which figures would change cannot be told: {0}",
        "нельзя сказать, какие показатели изменились бы: {0}",
        "қай көрсеткіштер өзгеретінін айту мүмкін емес: {0}" },
    [TEXT_AS_PUBLISHED] = { "as published", "как опубликовано", "жарияланғаны" },
    [TEXT_SAME_REPORTERS] = { "same reporters", "те же отчитавшиеся", "сол бір есеп берушілер" },
    [TEXT_DIFFERENCE] = { "difference", "разница", "айырмасы" },
    [TEXT_CARRIED] = { "nothing new from: {0}", "без новых данных: {0}", "жаңа дерек бермегені: {0}" },
    [TEXT_LEFT_OUT] = { "left out: {0}", "не учтены: {0}", "есепке алынбады: {0}" },
    [TEXT_LEFT_OUT_NO_VALUE] = { "no figure", "нет цифры", "сан жоқ" },
    [TEXT_LEFT_OUT_INCOMPLETE] = { "incomplete", "неполная цифра", "сан толық емес" },
    [TEXT_LEFT_OUT_NOT_APPLICABLE] = { "not applicable", "не применимо", "қолданылмайды" },
    [TEXT_LEFT_OUT_NOT_THERE] = { "did not exist here", "здесь не существовало", "мұнда болмаған" },
    [TEXT_LEFT_OUT_BORDERS] = { "other borders", "другие границы", "шекарасы басқа" },
    [TEXT_DUE] = { "due {0}", "срок {0}", "мерзімі {0}" },
    [TEXT_OWED_COMPLETE] = { "reported", "сообщено", "хабарланды" },
    [TEXT_OWED_INCOMPLETE] = { "reported in part", "сообщено частично", "ішінара хабарланды" },
    [TEXT_OWED_NOT_APPLICABLE] = { "not applicable", "не применимо", "қолданылмайды" },
    [TEXT_OWED_REASON] = { "a reason, no figure", "причина вместо цифры", "сан орнына себебі" },
    [TEXT_OWED_NOTHING] = { "nothing to report", "сообщать нечего", "хабарлайтын ештеңе жоқ" },
    [TEXT_OWED_PARTS] = { "parts only", "только части", "тек бөліктері" },
    [TEXT_OWED_CARRIED] = { "older figure stands", "действует прежняя цифра", "бұрынғы сан тұр" },
    [TEXT_OWED_EXPIRED] = { "older figure expired", "прежняя цифра истекла", "бұрынғы санның мерзімі өткен" },
    [TEXT_OWED_MISSING] = { "not reported", "не сообщено", "хабарланбаған" },
    [TEXT_OWED_ON_TIME] = { "on time", "в срок", "мерзімінде" },
    [TEXT_OWED_LATE] = { "late, since {0}", "с опозданием, с {0}", "кешігіп, {0} бастап" },
    [TEXT_OWED_OVERDUE] = { "overdue since {0}", "просрочено с {0}", "{0} бастап мерзімі өткен" },
    [TEXT_OWED_NOT_DUE] = { "not due yet", "срок не настал", "мерзімі келген жоқ" },
    [TEXT_SUM_ON_TIME] = { "on time: {0}", "в срок: {0}", "мерзімінде: {0}" },
    [TEXT_SUM_LATE] = { "late: {0}", "с опозданием: {0}", "кешіккені: {0}" },
    [TEXT_SUM_OVERDUE] = { "overdue: {0}", "просрочено: {0}", "мерзімі өткені: {0}" },
    [TEXT_SUM_EVERYBODY] = { " (all)", " (все)", " (барлығы)" },
    [TEXT_SUM_NOT_DUE] = { "not due yet: {0}", "срок не настал: {0}", "мерзімі келмегені: {0}" },
    [TEXT_STATED_ON] = { "stated {0}", "заявлено {0}", "мәлімделгені {0}" },
    [TEXT_RESTS_ON] = { "as of {0}", "на {0}", "{0} күнгі" },
    [TEXT_IS_STALE] = { "stale", "устарело", "ескірген" },
    [TEXT_STOOD_FOR] = { "its predecessor stands for it", "за неё стоит цифра предшественника",
                         "орнына алдыңғысының саны тұр" },
    [TEXT_OPENED] = { "opened {0}", "создано {0}", "{0} құрылған" },
    [TEXT_CLOSED] = { "closed {0}", "упразднено {0}", "{0} таратылған" },
    [TEXT_NOT_OWED] = { "not owed", "не должно", "міндетті емес" },
    [TEXT_WAY_OWN] = { "what was stated of it", "что сообщено о нём самом", "оның өзі туралы хабарланғаны" },
    [TEXT_WAY_MEMBERS] = { "its parts by {0}", "его части, разрез «{0}»", "{0} бойынша бөліктері" },
    [TEXT_WAY_CHILDREN] = { "the units below", "единицы ниже", "төмендегі бірліктер" },
    [TEXT_WAY_TERMS] = { "computed of", "вычислено из", "мынадан есептелген" },
    [TEXT_WAY_REPORTERS] = {
        "computed of those who have all of it",
        "вычислено по тем, у кого есть всё нужное",
        "қажеттісінің бәрі барлар бойынша есептелген" },
    [TEXT_WAY_TILES] = { "the shorter periods in it", "более короткие периоды внутри", "ішіндегі қысқарақ кезеңдер" },
    [TEXT_FATE_ABSENT] = { "nothing is known", "ничего не известно", "ештеңе белгісіз" },
    [TEXT_FATE_CHOSEN] = { "taken", "взято", "алынды" },
    [TEXT_FATE_NO_BOUND] = {
        "not taken: parts are missing, and what may be negative has no bound then",
        "не взято: не хватает частей, а у того, что бывает отрицательным, тогда нет границы",
        "алынбады: бөліктері жетіспейді, ал теріс бола алатынның онда шегі жоқ" },
    [TEXT_FATE_PASSED_OVER_NEWER] = {
        "not taken: newer figures prove more ({0})",
        "не взято: более новые цифры доказывают больше ({0})",
        "алынбады: жаңарақ сандар көбірек екенін дәлелдейді ({0})" },
    [TEXT_FATE_PASSED_OVER_AS_NEW] = {
        "not taken: figures as new prove more ({0})",
        "не взято: столь же новые цифры доказывают больше ({0})",
        "алынбады: дәл сондай жаңа сандар көбірек екенін дәлелдейді ({0})" },
    [TEXT_FATE_OUTDATED] = {
        "not taken: the whole has gone down since ({0})",
        "не взято: с тех пор целое уменьшилось ({0})",
        "алынбады: содан бері бүтіні азайды ({0})" },
    [TEXT_FATE_INCOMPLETE] = {
        "not taken: parts are missing, the other is complete ({0})",
        "не взято: не хватает частей, другое полное ({0})",
        "алынбады: бөліктері жетіспейді, басқасы толық ({0})" },
    [TEXT_FATE_OLDER] = {
        "not taken: the other is newer ({0})",
        "не взято: другое новее ({0})",
        "алынбады: басқасы жаңарақ ({0})" },
    [TEXT_FATE_LOWER] = {
        "not taken: the other proves more ({0})",
        "не взято: другое доказывает больше ({0})",
        "алынбады: басқасы көбірек екенін дәлелдейді ({0})" },
    [TEXT_FATE_TIE] = {
        "not taken: as good, but the other comes first ({0})",
        "не взято: не хуже, но другое идёт первым ({0})",
        "алынбады: кем емес, бірақ басқасы бірінші тұр ({0})" },
    [TEXT_PARTS_MISSING] = { "no figure ({0}): {1}", "нет цифры ({0}): {1}", "саны жоқ ({0}): {1}" },
    [TEXT_PARTS_NOT_APPLICABLE] = { "not applicable ({0}): {1}", "не применимо ({0}): {1}", "қолданылмайды ({0}): {1}" },
    [TEXT_PARTS_REPLACED] = {
        "a predecessor stands for these ({0}): {1}",
        "заменены предшественником ({0}): {1}",
        "орнына бұрынғысы тұр ({0}): {1}" },
    [TEXT_PARTS_LEFT_OUT] = {
        "known, but not used, since something else that is needed is not known ({0}): {1}",
        "есть, но не учтено: нет чего-то другого, что тоже нужно ({0}): {1}",
        "бар, бірақ есепке алынбады: қажетті басқа бірдеңе жоқ ({0}): {1}" },
    [TEXT_PARTS_NOT_OWED] = {
        "none, and none is owed ({0}): {1}",
        "нет, и никто не обязан сообщать ({0}): {1}",
        "жоқ, әрі хабарлауға міндетті емес ({0}): {1}" },
    [TEXT_IS_REPLACED] = { "a predecessor stands for it", "заменено предшественником", "орнына бұрынғысы тұр" },
    [TEXT_IS_LEFT_OUT] = {
        "left out: not all that is needed is there",
        "не вошло: есть не всё нужное",
        "кірмеді: қажеттінің бәрі жоқ" },
    [TEXT_IS_UNEQUAL] = {
        "left out: the terms are not of the same places",
        "не вошло: слагаемые относятся к разным местам",
        "кірмеді: қосылғыштар әр түрлі орындардікі" },
    [TEXT_AND_MORE] = { "and {0} more", "и ещё {0}", "және тағы {0}" },
    [TEXT_PREDECESSOR] = {
        "in its former borders, until all successors have reported",
        "в прежних границах, пока не отчитались все преемники",
        "бұрынғы шекарасында, барлық мұрагерлері есеп бергенше" },
    [TEXT_TAKEN_OFF] = { "less {0}", "минус {0}", "алынатыны: {0}" },
    [TEXT_CUT] = { "its parts are not shown", "его части не показаны", "бөліктері көрсетілмеген" },
    [TEXT_OMITTED] = {
        "too much to tell; left out: {0}; what is shown does not add up",
        "слишком много; опущено: {0}; показанное не складывается в целое",
        "тым көп; қалдырылғаны: {0}; көрсетілгені бүтінді құрамайды" },
    [TEXT_SAID] = { "{0} for {1}, stated by {2}", "{0} за {1}, сообщил {2}", "{1} үшін {0}, хабарлаған {2}" },
    [TEXT_SAID_EXPIRED] = {
        "{0} for {1}, stated by {2}: too old to count",
        "{0} за {1}, сообщил {2}: слишком старо, не учитывается",
        "{1} үшін {0}, хабарлаған {2}: тым ескі, есепке алынбайды" },
    [TEXT_SAID_IN] = { "report {0}, commit {1}", "отчёт {0}, запись {1}", "{0}-есеп, {1}-жазба" },
    [TEXT_SAID_WHEN] = { "stated {0}, received {1}", "сообщено {0}, получено {1}", "{0} хабарланды, {1} алынды" },
    [TEXT_COMPARED] = { "compared with its parts: {0}", "в сравнении с частями: {0}", "бөліктерімен салыстырғанда: {0}" },
    [TEXT_COMPARED_AS_OF] = {
        "compared with its parts as of {1}: {0}",
        "в сравнении с частями на {1}: {0}",
        "{1} күнгі бөліктерімен салыстырғанда: {0}" },
    [TEXT_DIFF_OTHER_DAYS] = {
        "a correction of an earlier day that newer figures have overtaken is not among them: --as-of DAY of that day tells it",
        "исправления за прежние дни, после которых есть более новые данные, здесь не видны: их покажет --as-of с тем днём",
        "кейін жаңа деректер келген бұрынғы күндердің түзетулері мұнда көрінбейді: оларды сол күнмен --as-of көрсетеді" },
    [TEXT_UNIT_SINCE] = {
        "{0} exists since {1}",
        "территория {0} существует с {1}",
        "{0} аумағының алғашқы күні: {1}" },
    [TEXT_UNIT_SINCE_FROM] = {
        "{0} exists since {1}; its land was then in {2}",
        "территория {0} существует с {1}; тогда она входила в {2}",
        "{0} аумағының алғашқы күні: {1}; ол кезде жері мынаның құрамында болды: {2}" },
    [TEXT_UNIT_UNTIL] = {
        "{0} existed until {1}",
        "территория {0} существовала по {1}",
        "{0} аумағының соңғы күні: {1}" },
    [TEXT_UNIT_UNTIL_THEN] = {
        "{0} existed until {1}; its land has since been in {2}",
        "территория {0} существовала по {1}; с тех пор она входит в {2}",
        "{0} аумағының соңғы күні: {1}; содан бері жері мынаның құрамында: {2}" },
    [TEXT_OTHERS_HAVE_ONE] = {
        "there are figures with{0}",
        "показатели есть с{0}",
        "көрсеткіштер мынамен бар:{0}" },
    [TEXT_NOTHING_LEFT] = { "nothing is unexplained", "необъяснённого нет", "түсіндірілмегені жоқ" },
};
/* clang-format on */

/* clang-format off */
static const struct {
    const char *code, *words[KADR_LANG_COUNT];
} delays[] = {
    { "not_ready", { "it is starting", "он запускается", "ол іске қосылып жатыр" } },
    { "storage_down", { "the storage does not answer", "хранилище не отвечает", "қойма жауап бермейді" } },
    { "storage_slow", { "the storage is too slow", "хранилище не успевает", "қойма үлгермей жатыр" } },
    { "storage_full", { "the server's disk is full", "на сервере нет места на диске", "сервер дискісінде орын жоқ" } },
    { "queue_full", { "too much waits already", "очередь переполнена", "кезек толып кетті" } },
    { "busy", { "too much waits already", "очередь переполнена", "кезек толып кетті" } },
    { "credit", { "too much waits already", "очередь переполнена", "кезек толып кетті" } },
    { "too_many_peers", { "too many offices are connected", "слишком много подключений", "қосылымдар тым көп" } },
    { "stopping", { "it is being stopped", "он останавливается", "ол тоқтатылып жатыр" } },
    { "history_behind", { "its history is still being written", "его история ещё пишется", "оның тарихы әлі жазылып жатыр" } },
    { "catching_up", { "it is still reading the journal", "он ещё читает журнал", "ол журналды әлі оқып жатыр" } },
};
/* clang-format on */

const char *text_of_delay(enum kadr_lang lang, const char *code)
{
    for (size_t i = 0; i < KADR_COUNT(delays); i++) {
        if (strcmp(delays[i].code, code) == 0) {
            return delays[i].words[lang];
        }
    }
    return code;
}

const char *text_of(enum kadr_lang lang, enum text text)
{
    return texts[text][lang];
}

void text_say(enum kadr_lang lang, enum text text, const char *const args[4], struct kadr_buf *out)
{
    kadr_phrase(texts[text][lang], lang, args, 4, out);
}
