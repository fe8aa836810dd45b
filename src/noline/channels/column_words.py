"""What columns, events, channels and files are called, in English, German and French, in plain small letters.

Names are as `plain_name` gives them: `Bestell-Nr.` is `bestell_nr`.
"""

from noline.channels.mapping import IDENTIFY

COLUMN_NAMES: dict[str, str] = {
    "message_id": "message_id messageid event_id row_id line_id uuid",
    "order_id": "order_id orderid order_no order_number order_nr order invoice_no invoice_id invoice_number invoice "
    "invoiceno transaction_id transactionid basket_id receipt_id receipt_no receipt ticket_number ticket_id "
    "bestellnummer bestell_nr bestellung bestell_id auftragsnummer auftrag_nr auftrag bonnummer bon_nr bon belegnummer "
    "beleg_nr rechnungsnummer rechnung_nr numero_commande numero_de_commande num_commande no_commande n_commande "
    "id_commande commande numero_ticket ticket numero_facture facture",
    "person_id": "customer_id customerid customer_no customer_number customer_nr customer cust_id user_id userid user "
    "person_id household_id household_key shopper_id buyer_id contact_id client_id kundennummer kundennr kunden_nr "
    "kunden_id kunde_id kunde id_client numero_client num_client no_client client identifiant_client",
    "anonymous_id": "anonymous_id anonymousid visitor_id visitorid visitor device_id cookie_id session_id user_session "
    "session besucher_id visiteur_id",
    "email": "email e_mail email_address e_mail_address e_mail_adresse email_adresse emailadresse mail mail_adresse "
    "adresse_email adresse_e_mail adresse_mail courriel",
    "phone": "phone phone_number telephone telephone_number tel mobile mobile_phone cell telefon telefonnummer handy "
    "handynummer mobilnummer numero_telephone numero_de_telephone portable",
    "loyalty_id": "loyalty_id loyalty_number loyalty_card loyalty_no membership_id membership_number member_id "
    "kundenkarte kundenkartennummer kundenkarten_nr bonuskarte mitgliedsnummer carte_fidelite carte_de_fidelite "
    "numero_fidelite id_fidelite",
    "first_name": "first_name firstname given_name vorname prenom",
    "last_name": "last_name lastname surname family_name nachname nom_de_famille nom",
    "sku": "sku product_id productid item_id itemid article_id article_no stock_code stockcode ean gtin upc "
    "artikelnummer artikel_nr artikelnr artikel_id artikel produkt_id produktnummer reference ref ref_produit "
    "reference_produit code_article id_article id_produit code_produit item article",
    "product_name": "product_name item_name product_title product description title produktname artikelbezeichnung "
    "artikelname bezeichnung produkt nom_produit designation libelle produit",
    "quantity": "quantity qty units pieces on_hand quantity_on_hand stock stock_level menge anzahl stueck stuck "
    "stueckzahl stuckzahl bestand lagerbestand quantite qte nombre stock_disponible",
    "price": "price unit_price unitprice item_price selling_price preis einzelpreis stueckpreis stuckpreis "
    "verkaufspreis prix prix_unitaire prix_de_vente",
    "amount": "amount total total_amount total_price total_value revenue sales_value sales line_total order_total "
    "order_value turnover value betrag gesamtbetrag gesamtpreis gesamt summe umsatz bestellwert montant montant_total "
    "montant_ttc total_ttc chiffre_d_affaires valeur",
    "currency": "currency currency_code waehrung wahrung waehrungscode devise monnaie",
    "store_id": "store_id store_no store_number store_code store shop_id branch_id branch location_id location outlet "
    "filiale filial_nr filialnummer filial_id markt laden magasin id_magasin code_magasin boutique point_de_vente",
    "channel": "channel sales_channel order_channel kanal vertriebskanal verkaufskanal canal canal_de_vente "
    "canal_vente",
    "event": "event event_name event_type eventtype action activity ereignis ereignistyp aktion evenement "
    "type_evenement type_d_evenement",
    "time": "timestamp event_time datetime date_time occurred_at created_at order_date orderdate order_time ordered_at "
    "purchase_date purchased_at transaction_date transaction_time transaction_timestamp invoice_date invoicedate "
    "sold_at sale_date zeitstempel zeitpunkt bestelldatum bestellzeit kaufdatum rechnungsdatum belegdatum "
    "verkaufsdatum date_heure horodatage date_commande date_de_commande date_achat date_d_achat date_vente date "
    "datum day jour tag time zeit",
    "time_of_day": "time time_of_day hour uhrzeit zeit heure",
    "country": "country country_code land laendercode landercode pays code_pays",
    "rating": "rating stars score review_score bewertung sterne note etoiles",
    "coupon_id": "coupon_id coupon coupon_code coupon_upc voucher gutschein gutscheincode code_promo bon_de_reduction",
    "campaign_id": "campaign_id campaign kampagne kampagnen_id campagne id_campagne",
    "person_name": "customer_name full_name name kundenname nom_complet nom_client",
}
"""For each meaning the names it goes by, the surest first. Earlier meanings choose their columns first."""

BY_ENDING = ("email", "phone", "order_id", "person_id", "sku", "quantity", "price", "amount", "currency", "store_id")
NOT_THE_AMOUNT = frozenset(
    "discount tax vat shipping cost fee margin list original rabatt steuer mwst versand versandkosten kosten remise "
    "tva livraison frais cout".split()
)
NOT_THE_TIME = frozenset(
    "birth birthday birthdate dob geburt geburtstag geburtsdatum naissance expiry expires until end valid bis "
    "fin".split()
)
EVENT_WORDS: dict[str, str] = {
    "Product Viewed": "view viewed product_view product_viewed detail_view item_view ansicht vue consultation",
    "Page Viewed": "page_view pageview page visit",
    "Product Clicked": "click clicked product_click klick clic",
    "Product Added": "cart addtocart add_to_cart added_to_cart cart_add basket warenkorb in_den_warenkorb "
    "ajout_panier panier",
    "Product Removed": "removefromcart remove_from_cart cart_remove retrait_panier",
    "Product Added to Wishlist": "wishlist add_to_wishlist favorite merkzettel favoris",
    "Checkout Started": "checkout begin_checkout checkout_start kasse",
    "Order Completed": "purchase purchased transaction order ordered buy bought sale order_completed kauf bestellung "
    "achat commande vente",
    "Return Accepted": "return returned refund retoure ruckgabe rueckgabe retour remboursement",
    "Products Searched": "search searched suche recherche",
    "Store Visited": "store_visit besuch visite",
    "Review Posted": "review rating bewertung avis",
    "Call Started": "call anruf appel",
    IDENTIFY: "identify signup sign_up register registrierung inscription",
}
CHANNEL_WORDS: dict[str, str] = {
    "store": "store stores shop_floor instore in_store pos till offline branch filiale laden geschaft geschaeft "
    "markt kasse magasin boutique caisse point_de_vente",
    "web": "web website online webshop web_shop online_shop onlineshop e_commerce ecommerce internet site site_web "
    "en_ligne",
    "app": "app mobile_app mobile application ios android",
    "call": "call phone call_center call_centre callcenter telephone telefon hotline centre_d_appels",
    "mail": "mail mailing post direct_mail postal brief courrier",
    "email": "email e_mail newsletter courriel",
    "marketplace": "marketplace amazon ebay marktplatz place_de_marche",
    "catalogue": "catalog catalogue katalog",
    "b2b": "b2b wholesale grosshandel gros",
}
FILE_WORDS: dict[str, str] = {
    "Return Accepted": "return returns retoure retouren ruckgabe ruckgaben retour retours",
    "Stock Counted": "stock inventory bestand bestande lager inventur inventaire stocks",
    "Price Set": "price prices pricelist preis preise preisliste prix tarif tarifs",
    "Review Posted": "review reviews bewertung bewertungen avis",
}
