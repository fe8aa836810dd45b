"""Short and foreign forms of given names, and the small words that addresses and names are written with.

Each line is one name; its first word stands for all of them. Forms of several names (Alex, Chris) stand at the name
where they are most often seen: a wrong root only makes two names look related, never equal.
"""

_GIVEN = """
abigail abby gail abbie
abraham abe avraham ibrahim
adalbert albert bert al bertie alberto albrecht
adam adamo
agnes ines agnese
alexander alex alexandre alejandro alessandro sascha sandro xander alec lex
alexandra sandra alexa alessandra alejandra sasha
alfred alfredo fred alf
alice alicia alix
amanda mandy
andrew andy drew andreas andre andres andrea andrej
angela angie angelika angelique
anna ann anne annie anja anita nan nancy annika anni
anthony tony antonio antoine anton toni antony
antonia antonella antoinette
arnold arnie arno
arthur art artur arturo
barbara babs barb barbie babette
bartholomew bart bartolome barthel
beatrice bea beate beatriz trixie beatrix
benedict ben benedikt benoit benito
benjamin benny benji benjamino
bernard bernie bernhard bernardo bernd
bridget brigitte biddy birgit brigitta gitta
bruce brucie
calvin cal
cameron cam
carl karl charles charlie chuck carlo carlos karel chas charly chip
caroline carol carolina carrie karoline karolin carolyn lina
catherine cathy kate katherine katharina kathy katie catarina catalina caterina kathryn kathleen kitty katrin cathleen
cecilia cecile cissy caecilia
christian kristian cristian chretien
christine chris christina tina christa cristina kristin kirsten christel krista kristina
christopher christoph christophe cristobal cristoforo kris topher
clara claire klara chiara clare
claude claudio
nicholas nick nicolas nikolaus niklas nico nicola niccolo niko nicky klaus claus
claudia claudine
constance connie konstanze costanza
cornelius cornelia conny neil nelly
curtis curt kurt konrad conrad
cynthia cindy
daniel dan danny daniele danilo
danielle daniela dani
david dave davy davide
deborah debbie deb debora debra
dennis denis denny dionisio
diana diane dianne
dominic dominik dominique domenico domingo dom nic
donald don donnie donny
dorothy dot dottie dorothea dorothee dorotea dolly thea
douglas doug
edmund edmond edmondo
edward ed eddie eduard edouard eduardo edoardo ted teddy ned edgar
elizabeth liz beth lizzie betty elisabeth elisa elise lisa eliza bettina elsa lise lisbeth libby
isabel isabelle isabella ysabel
eleanor ellie nora eleonore eleonora leonore nell
helen helena helene elena ellen
emily emma emilie emilia em
emmanuel manuel manny manolo manuele emanuel
eric erich erik erika
ernest ernst ernesto ernie
esther hester ester
eugene gene eugen eugenio
eva eve evelyn evelyne
felix felice
ferdinand fernando ferdi nando
florence flo florentine florenz
frances fran franziska francoise francisca francesca franzi fanny francine
francis frank franz francois francisco francesco franco frankie paco pancho
frederick frederic friedrich fritz freddy federico fredrick friederich fredy frederik
gabriel gabe gabriele
gabrielle gabi gaby gabriela gabriella
george georg georges jorge giorgio jurgen jorg georgie
gerald gerry gerhard gerd gerardo geraldo gerard gert
gertrude trudy gertrud trude
gilbert gil gilberto
john jack johnny johann johannes hans jean juan jon ivan jan hannes giovanni gianni
gregory greg gregor gregoire gregorio
guglielmo william bill will billy willy guillaume guillermo wilhelm willi wim liam bil
guido guy
gustav gus gustave gustavo
harold hal harry harald
howard howie
henry heinrich henri enrique enrico hank heinz hendrik heiner henrik
herbert herb heribert
herman hermann
hubert hugh hugo ugo
irene irena irina
isaac ike
ignatius ignacio ignaz nacho
jacob jakob jake jacques iago giacomo jacobo
james jim jimmy jaime jamie
jacqueline jackie
janet jane jeanne johanna joan juana giovanna jana jeannette janine joanna hanna hannah joanne
jasmine yasmin jasmin
jeffrey jeff geoffrey geoff gottfried geoffroy jefferey
jennifer jen jenny jenni jenna
jeremy jeremias jeremie jerry jerome
jessica jess jessie
joachim achim jochen joaquin gioacchino jochem
joel joe joseph josef jose giuseppe joey pepe beppe jos sepp josep
jonathan jonathon nathan johnathan nat nate jonas
josephine josefine josefa giuseppina josie pepita
joshua josh giosue
judith judy jutta judit
julia julie giulia giulietta juliet juliette jules
julian julien giuliano
julius julio giulio
kenneth ken kenny
kimberly kim kimberley
laura laurie lora lorena
lawrence larry lorenz laurent lorenzo lars laurence lauren
leo leon leone leonard leonhard leonardo lenny len
leopold leopoldo poldi
leslie les lesley
louis lewis ludwig luis luigi lou louie ludovic lutz
louise luise luisa lulu
lucas luke luc lukas luca
lucia lucy lucie luzia
madeleine magdalena maddie madeline lena maddalena maggie magda
margaret meg peggy marge margarete margarita marguerite gretchen greta grete margherita margarethe gretel margit margot
maria mary marie mia molly polly mariella marija mitzi
marianne mariana marion
mario marius
mark marc marcus markus marco marcos
martha marta
martin martino marty
martina martine
matilda mathilde tilly mathilda
matthew matt matthias mathias mathieu matteo mateo matthieu mats
maurice moritz maurizio mauricio morris
maximilian max maxime massimo massimiliano maximo maxi maxwell
melanie mel
melissa missy lissa
michael mike mick mikey michel miguel michele mikhail micha mickey micheal
michelle michaela micaela micky
mohammed muhammad mohamed mohammad muhammed mohamad mehmet mhd mohd mahomet
monica monika monique
natalie natalia nathalie natasha natascha
olivia liv livia
oliver ollie olivier oliviero
oscar oskar
otto otho
pamela pam
patricia pat patty tricia patrizia trish patti
patrick paddy patrizio patricio patrice
paul paolo pablo pawel
paula paola pauline paulina
peter pete pierre pedro pietro petra piet
philip phil philipp philippe felipe filippo phillip
rachel rahel raquel rachele
ralph ralf raul raoul rolf rudolph rudolf rudi rudy rodolfo
raymond ray raimund ramon raimondo raimundo
rebecca becky becca rebekka rebeca
regina gina reine
reinhard renard reinhold
reginald reg reggie reinald rinaldo
renate renee renata
richard rick dick rich ricky richie ricardo riccardo ritchie
robert bob bobby rob robbie roberto robin ruprecht rupert bert
roger rodger ruggero rogelio rudiger
roland rollo orlando rolando
ronald ron ronnie
rosa rose rosie rosalia rosemary rosemarie
russell russ
salvatore salvador sal sauveur
samantha sam
samuel sammy samuele
sarah sara sally sadie zara
sebastian bastian sebastien sebastiano seb basti
sigmund siegmund
simon simeon simone
sophia sophie sofia sofie sonja sonya
stephanie steffi stefanie steph stefania estefania
stephen steven steve stefan stephan etienne esteban stefano stevie steffen
susan sue susie susanne suzanne susanna susana suzie sanne
sylvia silvia sylvie silke
terence terry terrence
theodor theodore theo teodoro
theresa terri tess therese teresa tessa resi
thomas tom tommy tomas tommaso thom
timothy tim timmy timo timothee timoteo
ursula uschi ulla orsola
valentin valentino val valentine
veronica vroni veronika veronique ronni
victor vic viktor vittorio vick
victoria vicky viktoria victoire vittoria vicki tori
vincent vince vincenzo vincente vinzenz vicente vinnie
virginia ginny
walter wally walt gualtiero gauthier
wendy gwendolyn
werner warner
wolfgang wolf
yvonne ivonne
zachary zach zack zacharias
"""

_STREET = """
street st str strasse straße
avenue av ave avda avenida
boulevard blvd bd boul bvd
road rd
lane ln
drive dr drv
court ct crt
place pl plaza pza platz piazza place
square sq
terrace ter tce terr
highway hwy
parkway pkwy pky
circle cir crcl
crescent cres cr crs
close cl
trail trl
way wy
north n nth
south s sth
east e
west w
northeast ne
northwest nw
southeast se
southwest sw
saint ste
mount mt
heights hts
route rte
allee all
weg wg
chemin ch
calle c cl
via v
rue r
"""

_UNIT = "unit apt apartment appt flat suite ste room rm no number nr nummer num # wohnung app po box".split()

SUFFIXES = frozenset("jr sr ii iii iv junior senior".split())
TITLES = frozenset(
    "mr mrs ms miss dr prof professor herr frau monsieur madame mme mlle senor senora sra sir rev dipl ing med".split()
)
COMPANY_WORDS = frozenset(
    "gmbh inc ltd llc ag co corp corporation company kg sarl sas bv nv pte limited plc kk".split()
)
NOBODY = frozenset(
    """unknown|none|null|nan|nil|anonymous|anonym|inconnu|unbekannt|test|tester|customer|client|xxx|xx|x x
    |noname|no name|nobody|default
    |dummy|void|missing|keine|keine angabe|nowhere|tbd|n a|not given|not known|sans nom|desconocido
    |sconosciuto|test test""".replace("\n", "")
    .replace("    |", "|")
    .split("|")
)
"""What is typed where nothing is known; names that people really have (Guest, Blank) are not among it."""

EMPTY = frozenset(
    r"""null (null) <null> \n nan <na> n/a #n/a n.a. n.a n/d none (none) nil - -- --- ? ?? ??? . .. unknown
    undefined (blank) #value! #ref!""".split()
) | {"", "not available", "not applicable", "no data", "keine angabe", "non disponible"}
"""What stands in a cell of which nothing is known, in any column."""

_MEN = """
m male man mann maennlich mannlich homme h herr mr hombre maschio uomo homem mezczyzna maschile masculino varon
1 男 男性 monsieur masculin
"""
_WOMEN = """
f female woman frau weiblich w femme mrs ms mujer femmina donna mulher kobieta vrouw kvinna kvinne femminile feminino
femenino 2 女 女性 madame mme feminin miss
"""
SEXES: dict[str, str] = {**dict.fromkeys(_MEN.split(), "m"), **dict.fromkeys(_WOMEN.split(), "f")}

OFFICES = frozenset(
    """info infos office kontakt contact contacto contatti hello hallo mail post service support sales vertrieb verkauf
    shop store team admin verwaltung zentrale empfang reception sekretariat buchhaltung rechnung accounting billing
    einkauf orders bestellung hr jobs marketing praxis kanzlei buero buro bureau familie family famille""".split()
)
"""Names of mailboxes that several people read."""


def _roots(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        first, *others = line.split()
        found.setdefault(first, first)
        for other in others:
            found.setdefault(other, found[first])
    return found


GIVEN_ROOTS = _roots(_GIVEN)
STREET_WORDS = _roots(_STREET)
UNIT_WORDS = frozenset(_UNIT)
