/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* rollup_reference.h - the reference of the worked examples: 20 regions with the split of 2022, Zhambyl
 * (KZ-31) with its only district, and one indicator per rule. Include behind rollup_world.h. */

#define UNITS_HEADER "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk\n"
#define REGION(code) code ",region,KZ,1900-01-01,,,," code "," code "," code "\n"
#define EXAMPLE_UNITS                                                                                     \
    UNITS_HEADER "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\n" REGION("KZ-10") REGION("KZ-11") REGION("KZ-15")   \
        REGION("KZ-19") REGION("KZ-23") REGION("KZ-27") REGION("KZ-31") REGION(                           \
            "KZ-33") "KZ-35,region,KZ,1900-01-01,2022-06-07,KZ-35 KZ-62,,,,\n"                            \
                     "KZ-35,region,KZ,2022-06-08,,,KZ-KAR,KZ-35,KZ-35,KZ-35\n" REGION("KZ-39")            \
                         REGION("KZ-43") REGION("KZ-47") REGION("KZ-55") REGION("KZ-59") REGION(          \
                             "KZ-61") "KZ-62,region,KZ,2022-06-08,,,,KZ-62,KZ-62,KZ-62\n" REGION("KZ-63") \
                             REGION("KZ-71") REGION("KZ-75")                                              \
                                 REGION("KZ-79") "311000000,district,KZ-31,1900-01-01,,,,D,D,D\n"

#define CATALOGUE_HEADER                                                                                  \
    "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,expires_after_days," \
    "expected,min,max,negative,name_en,name_ru,name_kk\n"
#define EXAMPLE_CATALOGUE                                                                                    \
    CATALOGUE_HEADER                                                                                         \
    "need,stock,person,1,last,sum,region,cadre settlement specialty,cadre settlement,200,1825,calendar,,,"   \
    "no,N,N,N\n"                                                                                             \
    "headcount,stock,person,1,last,sum,region,cadre settlement,cadre settlement,400,1825,calendar,,,no,H,H," \
    "H\n"                                                                                                    \
    "balance,stock,person,1,last,sum,region,cadre,cadre,400,1825,calendar,,,yes,B,B,B\n"                     \
    "facilities_planned,plan,facility,1,sum,sum,region,facility_type,facility_type,,,none,,,no,F,F,F\n"      \
    "target,plan,person,1,none,sum,region,cadre,cadre,,,none,,,no,T,T,T\n"                                   \
    "arrivals,flow,person,1,sum,sum,region,cadre,cadre,,,calendar,,,no,A,A,A\n"                              \
    "trainings,flow,person,1,sum,sum,region,cadre,,,,none,,,no,R,R,R\n"                                      \
    "consultations,event,person,1,count,sum,region,specialty,,,,none,,,no,C,C,C\n"                           \
    "teams,event,person,1,count,sum,region,specialty,,,,none,,,no,M,M,M\n"                                   \
    "equipment_level,stock,percent,1,last,range,region,,,400,1825,calendar,,,no,E,E,E\n"                     \
    "horizon,parameter,year,1,last,none,region,settlement,,1100,1825,none,,,no,Z,Z,Z\n"                      \
    "posts,stock,person,100,last,sum,region,cadre,cadre,200,1825,calendar,,,no,P,P,P\n"

/* Ratios and differences, and what they are computed of. */
#define DERIVED_CATALOGUE                                                                                    \
    "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,expires_after_days,"    \
    "expected,min,max,negative,name_en,name_ru,name_kk,numerator,denominator,factor,ignores,terms\n"         \
    "headcount,stock,person,1,last,sum,region,cadre settlement,cadre "                                       \
    "settlement,400,1825,calendar,,,no,H,H,H,,,,,\n"                                                         \
    "population,stock,person,1,last,sum,region,settlement,settlement,400,1825,calendar,,,no,P,P,P,,,,,\n"    \
    "density,stock,per_10000,100,last,ratio,region,cadre "                                                   \
    "settlement,,400,1825,calendar,,,no,D,D,D,headcount,"                                                    \
    "population,10000,cadre,\n"                                                                              \
    "posts,stock,person,100,last,sum,region,cadre,cadre,200,1825,calendar,,,no,T,T,T,,,,,\n"                 \
    "occupied,stock,person,100,last,sum,region,cadre,cadre,200,1825,calendar,,,no,O,O,O,,,,,\n"              \
    "vacancy,stock,person,100,last,linear,region,cadre,cadre,200,1825,calendar,,,yes,V,V,V,,,,,posts "       \
    "-occupied\n"                                                                                            \
    "both,stock,person,100,last,linear,region,cadre,cadre,200,1825,calendar,,,no,U,U,U,,,,,posts occupied\n" \
    "vacancy_rate,stock,percent,10,last,ratio,region,cadre,,200,1825,calendar,,,yes,K,K,K,vacancy,posts,"    \
    "100,,\n"

#define EXAMPLE_MEMBERS                                                                                      \
    "dimension,member,aliases,name_en,name_ru,name_kk\n"                                                     \
    "cadre,doctor,,d,d,d\ncadre,nurse_higher,,n,n,n\ncadre,midlevel,,m,m,m\n"                                \
    "settlement,urban,,u,u,u\nsettlement,rural,,r,r,r\n"                                                     \
    "specialty,general_practice,,g,g,g\nspecialty,surgery,,s,s,s\n"                                          \
    "facility_type,va,,v,v,v\nfacility_type,fap,,f,f,f\nfacility_type,mp,,p,p,p\nfacility_type,crb,,c,c,c\n" \
    "measure,person,,x,x,x\nmeasure,facility,,y,y,y\nmeasure,percent,,z,z,z\nmeasure,year,,w,w,w\n"          \
    "measure,per_10000,,q,q,q\n"

static inline void example_open(struct world *w, const char *today)
{
    world_open(w, load_reference(EXAMPLE_UNITS, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS), today);
}

static const char *const all_regions[] = { "KZ-10", "KZ-11", "KZ-15", "KZ-19", "KZ-23", "KZ-27", "KZ-31",
                                           "KZ-33", "KZ-35", "KZ-39", "KZ-43", "KZ-47", "KZ-55", "KZ-59",
                                           "KZ-61", "KZ-62", "KZ-63", "KZ-71", "KZ-75", "KZ-79" };

/* Set-up and tear-down of a test: a world on 2024-02-01. */
static inline int open_world(void **state)
{
    struct world *w = test_malloc(sizeof(*w));
    example_open(w, "2024-02-01");
    *state = w;
    return 0;
}

static inline int close_world(void **state)
{
    world_close(*state);
    test_free(*state);
    return 0;
}
